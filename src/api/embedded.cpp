#include "api/embedded.hpp"

// .incbin rather than a generated array: no generator, and nothing for the compiler to chew on.
#define PARLEY_EMBED(symbol, file)                    \
  asm(".pushsection .rodata\n.global parley_" symbol  \
      "_begin\n"                                      \
      ".global parley_" symbol "_end\nparley_" symbol \
      "_begin:\n"                                     \
      ".incbin \"" PARLEY_SOURCE_DIR "/src/api/" file \
      "\"\n"                                          \
      "parley_" symbol "_end:\n.byte 0\n.popsection\n")
PARLEY_EMBED("openapi", "openapi.yaml");
PARLEY_EMBED("index", "page/index.html");

extern "C" {
extern const char parley_openapi_begin[], parley_openapi_end[], parley_index_begin[], parley_index_end[];
}

namespace parley::api {

std::string_view openapi_yaml() { return {parley_openapi_begin, parley_openapi_end}; }
std::string_view index_html() { return {parley_index_begin, parley_index_end}; }

}  // namespace parley::api
