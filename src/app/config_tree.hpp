// YAML text as a tree that knows where everything stood, within bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "base/result.hpp"

namespace parley::app {

/// One node of the document. A mapping has as many `keys` (scalars, each once) as `items`.
struct Node {
  enum class Kind : std::uint8_t { null, scalar, sequence, mapping };
  Kind kind = Kind::null;
  std::string text;  // of a scalar, as written but for quotes and escapes
  std::vector<Node> keys;
  std::vector<Node> items;
  std::shared_ptr<const std::string> source;  // what errors call the text
  int line = 0, column = 0;                   // from 1

  /// `parley.yaml:3:5`
  std::string where() const;
  /// Of a mapping; null when it is not there.
  const Node* child(std::string_view key) const;
};

/// Refuses what a configuration has no use for and an attacker has: aliases, anchors, tags, a key
/// given twice, several documents, more than 1 MiB of text, 32 levels or 20,000 nodes. An empty text
/// is an empty mapping. Never throws.
Result<Node, ConfigError> parse_tree(std::string_view yaml, std::string_view name);

}  // namespace parley::app
