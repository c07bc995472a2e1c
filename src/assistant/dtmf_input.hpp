// Digits that a caller keys in, as one input.
#pragma once

#include <optional>
#include <string>

#include "assistant/turn_parameters.hpp"

namespace parley::assistant {

/// A core on media time. `#`, the expected count, or a pause ends the input.
class DtmfInput {
 public:
  explicit DtmfInput(const DtmfParameters& parameters) : parameters_{parameters} {}

  bool open() const { return !digits_.empty(); }
  MediaTime started() const { return started_; }
  MediaTime last() const { return last_; }

  void digit(char digit, MediaTime now);
  /// The input, when it has ended. A lone `#` is an input of its own.
  std::optional<std::string> advance(MediaTime now);

 private:
  const DtmfParameters parameters_;
  std::string digits_;
  bool ended_ = false;
  MediaTime started_{}, last_{};
};

}  // namespace parley::assistant
