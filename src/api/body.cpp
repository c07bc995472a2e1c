#include "api/body.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace parley::api {

using Json = nlohmann::json;

struct Body::Document {
  Json json = Json::object();
  std::set<std::string, std::less<>> known;

  const Json* find(std::string_view name) {
    known.emplace(name);
    const auto place = json.find(name);
    return place == json.end() || place->is_null() ? nullptr : &*place;
  }
};

namespace {

/// The parser does not recurse, but writing does: who nests deeper wants our stack.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > 32) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

bool is_json(std::string_view content_type) {
  std::string type{content_type.substr(0, content_type.find(';'))};
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  while (type.ends_with(' ')) type.pop_back();
  return type == "application/json";
}

}  // namespace

Body::Body(const net::HttpRequest& request) : document_{std::make_unique<Document>()} {
  if (request.body.empty()) return;
  if (!is_json(request.header("Content-Type").value_or(""))) {
    broken_ = net::problem(415, "The body must be application/json.");
    return;
  }
  if (too_deep(request.body)) {
    broken_ = net::problem(400, "The body is nested too deeply.");
    return;
  }
  Json parsed = Json::parse(request.body, nullptr, false);
  if (parsed.is_discarded() || !parsed.is_object()) broken_ = net::problem(400, "The body is not a JSON object.");
  else document_->json = std::move(parsed);
}

Body::~Body() = default;

void Body::fail(std::string_view field, std::string message) {
  document_->known.emplace(field);
  errors_.push_back({std::string{field}, std::move(message)});
}

bool Body::has(std::string_view name) const { return document_->json.contains(name); }

std::optional<std::string> Body::string(std::string_view name, std::size_t max_length) {
  const Json* value = document_->find(name);
  if (value == nullptr) return std::nullopt;
  const auto* text = value->get_ptr<const std::string*>();
  if (text == nullptr) fail(name, "must be a string");
  else if (text->empty()) fail(name, "must not be empty");
  else if (text->size() > max_length) fail(name, "must not be longer than " + std::to_string(max_length) + " bytes");
  else return *text;
  return std::nullopt;
}

std::string Body::required_string(std::string_view name, std::size_t max_length) {
  if (document_->find(name) == nullptr) {
    fail(name, "is required");
    return {};
  }
  return string(name, max_length).value_or("");
}

std::optional<bool> Body::boolean(std::string_view name) {
  const Json* value = document_->find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  fail(name, "must be true or false");
  return std::nullopt;
}

std::optional<std::int64_t> Body::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const Json* value = document_->find(name);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_unsigned() ? value->get<std::uint64_t>() <= INT64_MAX : value->is_number_integer();
  if (fits) {
    const auto number = value->get<std::int64_t>();
    if (number >= least && number <= most) return number;
  }
  fail(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::optional<std::string> Body::object(std::string_view name) {
  const Json* value = document_->find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return value->dump();
  fail(name, "must be an object");
  return std::nullopt;
}

std::optional<net::HttpResponse> Body::refusal() {
  if (broken_) return std::move(broken_);
  for (const auto& [name, value] : document_->json.items()) {
    if (errors_.size() >= 20) break;
    if (!document_->known.contains(name)) errors_.push_back({name.substr(0, 100), "is not a field of this request"});
  }
  if (errors_.empty()) return std::nullopt;
  return net::problem(400, "The request has fields that are missing, unknown or wrong.", errors_);
}

}  // namespace parley::api
