// The kinds of values that a configuration key can have: each reads, checks and describes itself.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.hpp"
#include "app/config_tree.hpp"

namespace parley::app {

/// Collects what is wrong while a tree is read.
class Reader {
 public:
  explicit Reader(const ConfigContext& context) : context_{context} {}

  /// `path` is the whole name of the key, as in `sip.listen`.
  void error(const Node& node, std::string_view path, std::string_view message);
  /// A scalar's text with `${NAME}` and `${NAME:-default}` expanded; nothing (and an error) when it
  /// is no scalar or a name is not set. What is expanded is text: it cannot become YAML.
  std::optional<std::string> text(const Node& node, std::string_view path);

  const ConfigContext& context() const { return context_; }
  ConfigErrors& errors() { return errors_; }

 private:
  const ConfigContext& context_;
  ConfigErrors errors_;
};

struct Key;

/// A kind of value, bound to the variable that gets it.
struct Type {
  std::string name;  // for the documentation
  std::function<void(Reader&, const Node&, const std::string& path)> read;
  std::vector<Key> keys;  // of a mapping, or of each element
  std::string infix;      // between this key's name and theirs: `.`, `.<name>.`, `[].`
};

struct Key {
  std::string name;
  Type type;
  std::string fallback;  // for the documentation
  std::string meaning;
  bool secret = false;  // `<name>_file` is then understood too
};

// Bounds are inclusive.
Type flag(bool& target);
Type text(std::string& target, std::size_t max_size = 64 * 1024);
Type name(std::string& target);  // letters, digits, `_`, `-`, `.`
Type path(std::filesystem::path& target);
Type integer(int& target, int min, int max);
Type integer_or_auto(int& target, int min, int max);  // auto is 0
Type one_of(std::string& target, std::vector<std::string> words);
Type texts(std::vector<std::string>& target, std::size_t max_items = 1'000);

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
Type duration_type(std::chrono::milliseconds min, std::chrono::milliseconds max,
                   std::function<void(std::chrono::milliseconds)> set);
template <class D>
Type duration(D& target, std::chrono::milliseconds min, std::chrono::milliseconds max) {
  return duration_type(min, max, [&target](std::chrono::milliseconds value) { target = value; });
}

/// Anything else that is written as one scalar: `parse` says whether it understood.
Type scalar(std::string type_name, std::string remedy, std::function<bool(std::string_view)> parse);

void read_keys(Reader& reader, const Node& node, const std::string& path, const std::vector<Key>& keys);
Type mapping(std::vector<Key> keys);

/// A list of mappings. `keys_of` binds the keys to one element; it is also called on an element that
/// nobody keeps, only for the keys' names.
template <class T>
Type list_of(std::vector<T>& target, std::vector<Key> (*keys_of)(T&), std::size_t max_items = 1'000) {
  T nobody{};
  auto read = [&target, keys_of, max_items](Reader& reader, const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::sequence) return reader.error(node, path, "must be a list");
    if (node.items.size() > max_items) return reader.error(node, path, "has too many entries");
    target.clear();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      T element{};
      read_keys(reader, node.items[i], path + "[" + std::to_string(i) + "]", keys_of(element));
      target.push_back(std::move(element));
    }
  };
  return {"list of mappings", std::move(read), keys_of(nobody), "[]."};
}

/// Mappings by name; each element has a member `name`.
template <class T>
Type map_of(std::map<std::string, T>& target, std::vector<Key> (*keys_of)(T&)) {
  T nobody{};
  auto read = [&target, keys_of](Reader& reader, const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::mapping) return reader.error(node, path, "must be a mapping of names");
    target.clear();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const std::string& name = node.keys[i].text;
      const std::string element_path = path + "." + name;
      if (name.empty() || name.size() > 64) {
        reader.error(node.keys[i], element_path, "a name has 1 to 64 characters");
        continue;
      }
      T element{};
      element.name = name;
      read_keys(reader, node.items[i], element_path, keys_of(element));
      target.emplace(name, std::move(element));
    }
  };
  return {"mapping of names", std::move(read), keys_of(nobody), ".<name>."};
}

}  // namespace parley::app
