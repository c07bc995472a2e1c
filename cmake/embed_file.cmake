# cmake -D FILE=… -D SYMBOL=… -D OUTPUT=… -P embed_file.cmake: FILE as an array of char literals.
file(READ ${FILE} bytes HEX)
string(LENGTH "${bytes}" size)
math(EXPR size "${size} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <string_view>

namespace parley::embedded {

static constexpr char bytes[] = {
${bytes}'\\0'};
extern const std::string_view ${SYMBOL};
constinit const std::string_view ${SYMBOL}{bytes, ${size}};

}  // namespace parley::embedded
")
