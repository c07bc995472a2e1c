// The part of JSON Schema that tools use: an object's properties, their types, which are required.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parley::tools {

/// What is wrong with `arguments` by `schema`, for the model to mend; nothing when they fit. Knows
/// `properties`, `type` (a name or a list of names), `enum` and `required` of one object; what else a
/// schema says is left to the tool. No arguments at all stand for an empty object.
std::optional<std::string> schema_defect(std::string_view schema, std::string_view arguments);

/// `{"error":code,"detail":detail}`.
std::string error_result(std::string_view code, std::string_view detail);

}  // namespace parley::tools
