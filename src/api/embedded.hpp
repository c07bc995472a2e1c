// Files of this folder that travel inside the program.
#pragma once

#include <string_view>

namespace parley::api {

std::string_view openapi_yaml();
std::string_view index_html();

}  // namespace parley::api
