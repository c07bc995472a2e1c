#include "base/ulid.hpp"

namespace parley {

std::string make_ulid(WallTime now, Random& random) {
  static constexpr char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  auto ms =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  std::string id(26, '0');
  for (std::size_t i = 10; i-- > 0; ms >>= 5) id[i] = alphabet[ms & 31];
  for (std::size_t half = 0; half < 2; ++half) {
    auto word = random.u64();
    for (std::size_t i = 0; i < 8; ++i, word >>= 5) id[10 + 8 * half + i] = alphabet[word & 31];
  }
  return id;
}

}  // namespace parley
