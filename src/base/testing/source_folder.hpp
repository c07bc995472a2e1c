// Where tests find the files that they need.
#pragma once

#include <filesystem>

namespace parley {

/// The checkout that this build was made from. Defined in a file of the build folder: a path in the compiler's
/// arguments would keep one checkout from using what another has compiled.
std::filesystem::path source_folder();

/// The collected vectors and recordings (`PARLEY_TEST_DATA`); tests that need them skip where they are not.
std::filesystem::path test_data_folder();

}  // namespace parley
