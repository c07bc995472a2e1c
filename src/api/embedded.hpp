// Files of this folder that travel inside the program (see CMakeLists.txt).
#pragma once

#include <span>
#include <string_view>

#include "base/embedded_file.hpp"

namespace parley::embedded {

extern const std::string_view openapi_yaml;
extern const std::span<const EmbeddedFile> web_files;  // build/web, from web/

}  // namespace parley::embedded
