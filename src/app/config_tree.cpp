#include "app/config_tree.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <istream>
#include <set>
#include <stdexcept>
#include <streambuf>

namespace parley::app {
namespace {

constexpr std::size_t max_text = 1U << 20;
constexpr std::size_t max_depth = 32;
constexpr std::size_t max_nodes = 20'000;

/// Thrown through yaml-cpp, which offers no other way to stop it; caught in parse_tree().
struct Refused : std::runtime_error {
  Refused(const YAML::Mark& where, const std::string& why) : std::runtime_error{why}, mark{where} {}
  YAML::Mark mark;
};

class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(std::shared_ptr<const std::string> source) : source_{std::move(source)} {}

  bool empty() const { return !done_; }
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(node(mark, anchor, "", Node::Kind::null)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{mark, "aliases (*name) are refused: write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node scalar = node(mark, anchor, tag, Node::Kind::scalar);
    scalar.text = value;
    add(std::move(scalar));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, node(mark, anchor, tag, Node::Kind::sequence));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, node(mark, anchor, tag, Node::Kind::mapping));
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::set<std::string, std::less<>> names;
    bool key_next = true;
  };

  Node node(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& tag, Node::Kind kind) {
    if (anchor != 0) throw Refused{mark, "anchors (&name) are refused: write the value out"};
    // yaml-cpp says "?" for plain and "!" for quoted scalars.
    if (!tag.empty() && tag != "?" && tag != "!") throw Refused{mark, "tags (!name) are refused"};
    if (++nodes_ > max_nodes) throw Refused{mark, fmt::format("more than {} values", max_nodes)};
    Node made;
    made.kind = kind;
    made.source = source_;
    made.line = mark.line + 1;
    made.column = mark.column + 1;
    return made;
  }

  void open(const YAML::Mark& mark, Node node) {
    if (open_.size() >= max_depth) throw Refused{mark, fmt::format("nested deeper than {} levels", max_depth)};
    if (!open_.empty() && open_.back().node.kind == Node::Kind::mapping && open_.back().key_next)
      throw Refused{mark, "a key must be a plain word"};
    open_.push_back({std::move(node), {}, true});
  }

  void close() {
    Node closed = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(closed));
  }

  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      done_ = true;
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::sequence) return parent.node.items.push_back(std::move(node));
    if (!parent.key_next) {
      parent.key_next = true;
      return parent.node.items.push_back(std::move(node));
    }
    const YAML::Mark mark = mark_of(node);
    if (node.kind != Node::Kind::scalar) throw Refused{mark, "a key must be a plain word"};
    if (!parent.names.insert(node.text).second) throw Refused{mark, fmt::format("key '{}': given twice", node.text)};
    parent.node.keys.push_back(std::move(node));
    parent.key_next = false;
  }

  static YAML::Mark mark_of(const Node& node) {
    YAML::Mark mark;
    mark.line = node.line - 1;
    mark.column = node.column - 1;
    return mark;
  }

  std::shared_ptr<const std::string> source_;
  std::vector<Open> open_;
  Node root_;
  bool done_ = false;
  std::size_t nodes_ = 0;
};

/// Reads a view without copying it.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // never written through: nothing is put back
    setg(begin, begin, begin + text.size());
  }
};

ConfigError error_at(const std::string& name, const YAML::Mark& mark, std::string message) {
  if (mark.is_null()) return {name, std::move(message)};
  return {fmt::format("{}:{}:{}", name, mark.line + 1, mark.column + 1), std::move(message)};
}

}  // namespace

std::string Node::where() const { return fmt::format("{}:{}:{}", source ? *source : "", line, column); }

const Node* Node::child(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size(); ++i)
    if (keys[i].text == key) return &items[i];
  return nullptr;
}

Result<Node, ConfigError> parse_tree(std::string_view yaml, std::string_view name) {
  auto source = std::make_shared<const std::string>(name);
  if (yaml.size() > max_text)
    return std::unexpected(ConfigError{*source, fmt::format("is larger than {} bytes", max_text)});
  try {
    ViewBuffer buffer{yaml};
    std::istream in{&buffer};
    YAML::Parser parser{in};
    Builder builder{source};
    parser.HandleNextDocument(builder);
    Node root;
    root.kind = Node::Kind::mapping;
    root.source = source;
    root.line = root.column = 1;
    if (!builder.empty()) root = builder.take();
    Builder rest{source};
    if (parser.HandleNextDocument(rest)) return std::unexpected(ConfigError{*source, "has more than one document"});
    if (root.kind == Node::Kind::null) root.kind = Node::Kind::mapping;
    if (root.kind != Node::Kind::mapping)
      return std::unexpected(ConfigError{root.where(), "must be a mapping of keys to values"});
    return root;
  } catch (const Refused& refused) {
    return std::unexpected(error_at(*source, refused.mark, refused.what()));
  } catch (const YAML::Exception& error) {
    return std::unexpected(error_at(*source, error.mark, fmt::format("is not YAML: {}", error.msg)));
  } catch (const std::exception& error) {
    return std::unexpected(ConfigError{*source, fmt::format("is not YAML: {}", error.what())});
  }
}

}  // namespace parley::app
