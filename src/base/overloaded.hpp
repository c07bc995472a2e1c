// Several lambdas as one visitor of a variant.
#pragma once

namespace parley {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace parley
