// Files of this folder that travel inside the program (see CMakeLists.txt).
#pragma once

#include <string_view>

namespace parley::embedded {

extern const std::string_view openapi_yaml;
extern const std::string_view index_html;

}  // namespace parley::embedded
