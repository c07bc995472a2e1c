# cmake -D FOLDER=… -D SYMBOL=… -D OUTPUT=… -D WORK=… -P embed_folder.cmake: every file of FOLDER, as it is and gzipped, taken
# in by the assembler (an array of half a million literals takes the compiler a minute) from copies in WORK: FOLDER is shared
# with other builds, which may renew it before the compiler comes.
cmake_minimum_required(VERSION 3.25)
file(GLOB_RECURSE files RELATIVE ${FOLDER} LIST_DIRECTORIES false ${FOLDER}/*)
list(SORT files)
if(NOT files)
  message(FATAL_ERROR "There is nothing to embed in ${FOLDER}")
endif()
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

set(type_html "text/html; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_woff2 "font/woff2")
set(type_json "application/json")
set(compressible html js css svg json)

set(bytes "")
set(table "")
set(number 0)

# Adds `path` to the assembler's part as bytes_<number>; sets `view` to what it is in C++.
macro(take path)
  file(SIZE ${path} size)
  string(APPEND bytes "extern \"C\" const char ${SYMBOL}_${number}[];\n__asm__(\".section .rodata\\n.balign 16\\n.global ${SYMBOL}_${number}\\n\"
        \"${SYMBOL}_${number}:\\n.incbin \\\"${path}\\\"\\n.byte 0\\n.previous\\n\");\n")
  set(view "{${SYMBOL}_${number}, ${size}}")
  math(EXPR number "${number} + 1")
endmacro()

foreach(file ${files})
  string(REGEX MATCH "[^.]+$" ending ${file})
  if(NOT DEFINED type_${ending})
    message(FATAL_ERROR "${FOLDER}/${file}: of what type is it? Say so in embed_folder.cmake")
  endif()
  file(SHA256 ${FOLDER}/${file} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  configure_file(${FOLDER}/${file} ${WORK}/${number} COPYONLY)
  take(${WORK}/${number})
  set(identity ${view})
  set(compressed "{}")
  if(ending IN_LIST compressible)
    set(packed ${WORK}/${number}.gz)
    execute_process(COMMAND gzip -9 -n -c ${FOLDER}/${file} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
    take(${packed})
    set(compressed ${view})
  endif()
  string(APPEND table "    {\"${file}\", \"${type_${ending}}\", \"${hash}\", ${identity}, ${compressed}},\n")
endforeach()

file(WRITE ${OUTPUT} "#include <span>

#include \"base/embedded_file.hpp\"

${bytes}
namespace parley::embedded {

static constexpr EmbeddedFile files[] = {
${table}};
extern const std::span<const EmbeddedFile> ${SYMBOL};
constinit const std::span<const EmbeddedFile> ${SYMBOL}{files};

}  // namespace parley::embedded
")
