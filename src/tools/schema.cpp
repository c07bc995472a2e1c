#include "tools/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace parley::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_arguments = 64 * 1024;

/// nlohmann's parser recurses no deeper than the stack allows only when the text is shallow.
bool nested_too_deep(std::string_view text) {
  constexpr int max_depth = 64;
  int depth = 0;
  bool in_string = false, escaped = false;
  for (const char c : text) {
    if (escaped) escaped = false;
    else if (in_string) {
      if (c == '\\') escaped = true;
      else if (c == '"') in_string = false;
    } else if (c == '"') in_string = true;
    else if (c == '{' || c == '[') {
      if (++depth > max_depth) return true;
    } else if (c == '}' || c == ']') --depth;
  }
  return false;
}

bool is_of_type(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "null") return value.is_null();
  return true;
}

bool fits_type(const Json& value, const Json& type) {
  if (type.is_string()) return is_of_type(value, type.get_ref<const std::string&>());
  if (type.is_array())
    return std::ranges::any_of(type, [&](const Json& one) { return one.is_string() && fits_type(value, one); });
  return true;
}

}  // namespace

std::optional<std::string> schema_defect(std::string_view schema_text, std::string_view arguments_text) {
  if (arguments_text.size() > max_arguments || nested_too_deep(arguments_text)) return "the arguments are too long";
  const auto schema = Json::parse(schema_text, nullptr, false);
  const auto arguments = arguments_text.empty() ? Json::object() : Json::parse(arguments_text, nullptr, false);
  if (!arguments.is_object()) return "the arguments are not a JSON object";
  if (!schema.is_object()) return std::nullopt;

  if (const auto required = schema.find("required"); required != schema.end() && required->is_array())
    for (const Json& name : *required)
      if (name.is_string() && !arguments.contains(name.get_ref<const std::string&>()))
        return fmt::format("'{}' is missing", name.get_ref<const std::string&>());

  const auto properties = schema.find("properties");
  if (properties == schema.end() || !properties->is_object()) return std::nullopt;
  for (const auto& [name, property] : properties->items()) {
    const auto value = arguments.find(name);
    if (value == arguments.end() || !property.is_object()) continue;
    if (const auto type = property.find("type"); type != property.end() && !fits_type(*value, *type))
      return fmt::format("'{}' must be of type {}", name, type->dump());
    if (const auto allowed = property.find("enum");
        allowed != property.end() && allowed->is_array() && std::ranges::find(*allowed, *value) == allowed->end())
      return fmt::format("'{}' must be one of {}", name, allowed->dump());
  }
  return std::nullopt;
}

std::string error_result(std::string_view code, std::string_view detail) {
  return Json{{"error", code}, {"detail", detail}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace parley::tools
