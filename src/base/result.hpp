// A value or an error, made hard to ignore.
#pragma once

#include <expected>

namespace parley {

template <class T, class E>
class [[nodiscard]] Result : public std::expected<T, E> {
 public:
  using std::expected<T, E>::expected;
};

}  // namespace parley
