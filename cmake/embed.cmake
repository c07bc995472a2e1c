# Files that travel inside the program.

# parley_embed(<target> <file> <symbol>) compiles the bytes of <file> into <target>, to be declared as
#   namespace parley::embedded { extern const std::string_view <symbol>; }
function(parley_embed target file symbol)
  get_filename_component(source ${file} ABSOLUTE)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_file.cmake)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -D FILE=${source} -D SYMBOL=${symbol} -D OUTPUT=${generated} -P ${script}
    DEPENDS ${source} ${script}
    COMMENT "Embedding ${file}"
    VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()

# parley_embed_folder(<target> <folder> <symbol> DEPENDS <file>…) does so with every file of <folder>, which is read when one
# of the files it depends on changes:
#   namespace parley::embedded { extern const std::span<const EmbeddedFile> <symbol>; }
function(parley_embed_folder target folder symbol)
  cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol}.cpp)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed_folder.cmake)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -D FOLDER=${folder} -D SYMBOL=${symbol} -D OUTPUT=${generated}
            -D WORK=${CMAKE_CURRENT_BINARY_DIR}/embedded_${symbol} -P ${script}
    DEPENDS ${arg_DEPENDS} ${script}
    COMMENT "Embedding ${symbol}"
    VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()

# parley_web(<stamp>) builds the pages into build/web when one of their sources has changed; <stamp> is the name of the
# variable that gets the file to depend on.
function(parley_web stamp)
  set(web ${CMAKE_SOURCE_DIR}/web)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/*)
  list(FILTER sources EXCLUDE REGEX "\\.test\\.ts$")
  list(APPEND sources ${web}/index.html ${web}/calls.html ${web}/package.json ${web}/package-lock.json ${web}/tsconfig.json
       ${web}/vite.config.ts ${web}/build.sh)
  set(${stamp} ${CMAKE_BINARY_DIR}/web.stamp)
  add_custom_command(
    OUTPUT ${${stamp}}
    COMMAND ${web}/build.sh
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${CMAKE_SOURCE_DIR}/build/web.stamp ${${stamp}}
    DEPENDS ${sources}
    COMMENT "Building the web pages"
    VERBATIM)
  set(${stamp} ${${stamp}} PARENT_SCOPE)
endfunction()
