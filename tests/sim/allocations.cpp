#include "sim/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

constinit std::uint64_t counted = 0;  // the simulation has one thread
constinit int counting = 0;
constinit int exempt = 0;

void* allocate(std::size_t size) {
  if (counting > 0 && exempt == 0) ++counted;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}

}  // namespace

namespace parley::sim {

std::uint64_t allocations() { return counted; }
Counting::Counting() { ++counting; }
Counting::~Counting() { --counting; }
Exempt::Exempt() { ++exempt; }
Exempt::~Exempt() { --exempt; }

}  // namespace parley::sim

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
