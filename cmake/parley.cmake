include(${CMAKE_CURRENT_LIST_DIR}/embed.cmake)

# One folder under src/ is one library; its *_test.cpp files are one test program beside it.

# The same flags and definitions for every target: precompiled headers can then be shared.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-missing-designated-field-initializers)
else()
  # GCC 12 reports these in inlined library code it has itself generated (coroutine frames, variants).
  add_compile_options(-Wno-maybe-uninitialized -Wno-missing-field-initializers -fpch-preprocess)
endif()
add_compile_definitions(
  BOOST_ASIO_NO_DEPRECATED
  PARLEY_VERSION="${PROJECT_VERSION}"
  SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL SPDLOG_SHARED_LIB
)
if(PARLEY_SANITIZE)
  add_compile_options(-fsanitize=${PARLEY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PARLEY_SANITIZE})
endif()
if(PARLEY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
include_directories(${CMAKE_SOURCE_DIR}/src)

add_library(parley_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/empty.cpp)
target_precompile_headers(parley_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/std_pch.hpp)
target_link_libraries(parley_pch PRIVATE Threads::Threads)
add_library(parley_asio_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/empty.cpp)
target_precompile_headers(parley_asio_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/asio_pch.hpp)
target_link_libraries(parley_asio_pch PRIVATE Threads::Threads)
add_library(parley_test_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/empty.cpp)
target_precompile_headers(parley_test_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/test_pch.hpp)
target_link_libraries(parley_test_pch PRIVATE Threads::Threads gtest gmock)

# What only tests link: where this checkout is.
configure_file(${CMAKE_SOURCE_DIR}/cmake/source_folder.cpp.in ${CMAKE_BINARY_DIR}/source_folder.cpp @ONLY)
add_library(parley_testing STATIC ${CMAKE_BINARY_DIR}/source_folder.cpp)

# parley_library(<folder> [ASIO] [DEPENDS <folder>…] [LIBRARIES <system library>…])
function(parley_library folder)
  cmake_parse_arguments(arg "ASIO" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  set(dependencies ${arg_DEPENDS})
  list(TRANSFORM dependencies PREPEND parley_)
  if(sources)
    add_library(parley_${folder} STATIC ${sources})
    target_link_libraries(parley_${folder} PUBLIC ${dependencies} ${arg_LIBRARIES} Threads::Threads)
    if(arg_ASIO)
      target_precompile_headers(parley_${folder} REUSE_FROM parley_asio_pch)
      # GCC 12 takes the allocation of a coroutine frame for a mismatch.
      target_compile_options(parley_${folder} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
    else()
      target_precompile_headers(parley_${folder} REUSE_FROM parley_pch)
    endif()
  else()
    add_library(parley_${folder} INTERFACE)
    target_link_libraries(parley_${folder} INTERFACE ${dependencies} ${arg_LIBRARIES} Threads::Threads)
  endif()

  if(tests AND BUILD_TESTING)
    add_executable(${folder}_test ${tests})
    target_link_libraries(${folder}_test PRIVATE parley_${folder} parley_testing gtest gmock gtest_main)
    target_precompile_headers(${folder}_test REUSE_FROM parley_test_pch)
  endif()
endfunction()
