// Files that travel inside the program as parts of a folder: see parley_embed_folder() in cmake/embed.cmake.
#pragma once

#include <string_view>

namespace parley {

struct EmbeddedFile {
  std::string_view path;          // below the folder: `assets/index-4f2a.js`
  std::string_view content_type;  // by the name's ending
  std::string_view hash;          // of the bytes: hexadecimal digits
  std::string_view bytes;
  std::string_view gzip;  // the same, compressed; empty where that saves nothing
};

}  // namespace parley
