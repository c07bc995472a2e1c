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
