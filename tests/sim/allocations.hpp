// Counts what the program's own code allocates inside ticks.
#pragma once

#include <cstdint>

namespace parley::sim {

/// Operator new calls made while a Counting lives and no Exempt does.
std::uint64_t allocations();

/// Around what is measured: the media clock's phases.
class Counting {
 public:
  Counting();
  ~Counting();
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;
};

/// Around what the simulation itself does meanwhile, in place of the kernel.
class Exempt {
 public:
  Exempt();
  ~Exempt();
  Exempt(const Exempt&) = delete;
  Exempt& operator=(const Exempt&) = delete;
};

}  // namespace parley::sim
