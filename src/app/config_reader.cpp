#include "app/config_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>

#include "base/edit_distance.hpp"

namespace parley::app {
namespace {

constexpr std::size_t max_errors = 20;
constexpr std::size_t max_expanded = 1U << 20;
constexpr std::size_t max_secret_file = 64 * 1024;

std::string_view kind_name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a value";
    case Node::Kind::sequence: return "a list";
    case Node::Kind::mapping: return "a mapping";
  }
  return "";
}

/// Someone else's text in a message: short, and on one line.
std::string shown(std::string_view text) {
  std::string safe{text.substr(0, 60)};
  std::ranges::replace_if(safe, [](unsigned char c) { return c < 0x20 || c == 0x7F; }, '?');
  return text.size() > 60 ? safe + "…" : safe;
}

std::string unknown_key(std::string_view name, const std::vector<Key>& keys) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const Key& key : keys) {
    if (name.size() > 64) break;
    const auto distance = edit_distance(name, key.name);
    if (distance >= best_distance || distance >= key.name.size()) continue;
    best_distance = distance;
    best = key.name;
  }
  if (!best.empty()) return fmt::format("unknown; did you mean '{}'?", best);
  std::vector<std::string_view> names;
  for (const Key& key : keys) names.push_back(key.name);
  return fmt::format("unknown; there are: {}", fmt::join(names, ", "));
}

void read_secret_file(Reader& reader, const Node& node, const std::string& path, const Key& key) {
  const auto file = reader.text(node, path);
  if (!file) return;
  std::ifstream in{*file, std::ios::binary};
  std::string secret(max_secret_file + 1, '\0');
  in.read(secret.data(), static_cast<std::streamsize>(secret.size()));
  secret.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (!in.is_open() || in.bad() || (in.fail() && !in.eof()))
    return reader.error(node, path, fmt::format("the file '{}' cannot be read", shown(*file)));
  if (secret.size() > max_secret_file)
    return reader.error(node, path, fmt::format("the file '{}' is too large for a secret", shown(*file)));
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  // A secret is taken as it is: `$` in it means `$`.
  std::string literal;
  for (const char c : secret) literal += c == '$' ? std::string{"$$"} : std::string{c};
  Node value = node;
  value.text = std::move(literal);
  key.type.read(reader, value, path);
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string show_duration(std::chrono::milliseconds time) {
  if (time.count() % 3'600'000 == 0 && time.count() != 0) return fmt::format("{}h", time.count() / 3'600'000);
  if (time.count() % 60'000 == 0 && time.count() != 0) return fmt::format("{}m", time.count() / 60'000);
  if (time.count() % 1'000 == 0) return fmt::format("{}s", time.count() / 1'000);
  return fmt::format("{}ms", time.count());
}

Type ranged(int& target, int min, int max, bool with_auto) {
  const auto remedy = fmt::format("must be a whole number from {} to {}{}", min, max, with_auto ? ", or auto" : "");
  return scalar(fmt::format("{}–{}{}", min, max, with_auto ? " or `auto`" : ""), remedy,
                [=, &target](std::string_view text) {
                  const auto number = with_auto && text == "auto" ? 0 : parse_number<int>(text);
                  if (!number || (text != "auto" && (*number < min || *number > max))) return false;
                  target = *number;
                  return true;
                });
}

}  // namespace

void Reader::error(const Node& node, std::string_view path, std::string_view message) {
  if (errors_.size() < max_errors)
    errors_.push_back(
        {node.where(), path.empty() ? std::string{message} : fmt::format("key '{}': {}", shown(path), message)});
}

std::optional<std::string> Reader::text(const Node& node, std::string_view path) {
  if (node.kind != Node::Kind::scalar) {
    error(node, path, fmt::format("must be a single value, not {}", kind_name(node.kind)));
    return std::nullopt;
  }
  std::string out;
  std::string_view rest = node.text;
  while (true) {
    const auto dollar = rest.find('$');
    out += rest.substr(0, dollar);
    if (dollar == std::string_view::npos) return out;
    rest.remove_prefix(dollar);
    if (rest.starts_with("$$")) {
      out += '$';
      rest.remove_prefix(2);
      continue;
    }
    if (!rest.starts_with("${")) {
      out += '$';
      rest.remove_prefix(1);
      continue;
    }
    const auto end = rest.find('}');
    if (end == std::string_view::npos) {
      error(node, path, "'${' without '}'; write $$ for a dollar sign");
      return std::nullopt;
    }
    const auto inside = rest.substr(2, end - 2);
    const auto separator = inside.find(":-");
    const auto variable = inside.substr(0, separator);
    auto value = context_.environment ? context_.environment(variable) : std::nullopt;
    if ((!value || value->empty()) && separator != std::string_view::npos)
      value = std::string{inside.substr(separator + 2)};
    if (!value || out.size() + value->size() > max_expanded) {
      error(node, path,
            value ? "expands to too much text"
                  : fmt::format("the environment variable {} is not set; set it, or write ${{{}:-default}}",
                                shown(variable), shown(variable)));
      return std::nullopt;
    }
    out += *value;
    rest.remove_prefix(end + 1);
  }
}

Type scalar(std::string type_name, std::string remedy, std::function<bool(std::string_view)> parse) {
  auto read = [remedy = std::move(remedy), parse = std::move(parse)](Reader& reader, const Node& node,
                                                                     const std::string& path) {
    const auto value = reader.text(node, path);
    if (value && !parse(*value)) reader.error(node, path, fmt::format("'{}' is wrong: {}", shown(*value), remedy));
  };
  return {std::move(type_name), std::move(read), {}, ""};
}

Type flag(bool& target) {
  return scalar("`true` or `false`", "must be true or false", [&target](std::string_view value) {
    if (value != "true" && value != "false") return false;
    target = value == "true";
    return true;
  });
}

Type text(std::string& target, std::size_t max_size) {
  return scalar("text", fmt::format("must have at most {} bytes", max_size),
                [&target, max_size](std::string_view value) {
                  if (value.size() > max_size) return false;
                  target = value;
                  return true;
                });
}

Type name(std::string& target) {
  return scalar("name", "must be 1 to 64 letters, digits, '_', '-' or '.'", [&target](std::string_view value) {
    const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.'; };
    if (value.empty() || value.size() > 64 || !std::ranges::all_of(value, plain)) return false;
    target = value;
    return true;
  });
}

Type path(std::filesystem::path& target) {
  return scalar("path", "must be a path of 1 to 4096 bytes", [&target](std::string_view value) {
    if (value.empty() || value.size() > 4'096 || value.contains('\0')) return false;
    target = value;
    return true;
  });
}

Type integer(int& target, int min, int max) { return ranged(target, min, max, false); }
Type integer_or_auto(int& target, int min, int max) { return ranged(target, min, max, true); }

Type one_of(std::string& target, std::vector<std::string> words) {
  auto type = fmt::format("`{}`", fmt::join(words, "`, `"));
  auto remedy = fmt::format("must be one of: {}", fmt::join(words, ", "));
  return scalar(std::move(type), std::move(remedy), [&target, words = std::move(words)](std::string_view value) {
    if (std::ranges::find(words, value) == words.end()) return false;
    target = value;
    return true;
  });
}

Type texts(std::vector<std::string>& target, std::size_t max_items) {
  auto read = [&target, max_items](Reader& reader, const Node& node, const std::string& path) {
    if (node.kind != Node::Kind::sequence) return reader.error(node, path, "must be a list, as in [one, two]");
    if (node.items.size() > max_items) return reader.error(node, path, "has too many entries");
    target.clear();
    for (std::size_t i = 0; i < node.items.size(); ++i)
      if (auto value = reader.text(node.items[i], fmt::format("{}[{}]", path, i))) target.push_back(std::move(*value));
  };
  return {"list of texts", std::move(read), {}, ""};
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number<std::int64_t>(text.substr(0, digits));
  if (!number || *number > 1'000'000'000) return std::nullopt;
  for (const auto& [unit, factor] : units)
    if (text.substr(digits) == unit) return std::chrono::milliseconds{*number * factor};
  return std::nullopt;
}

Type duration_type(std::chrono::milliseconds min, std::chrono::milliseconds max,
                   std::function<void(std::chrono::milliseconds)> set) {
  auto range = fmt::format("{}–{}", show_duration(min), show_duration(max));
  auto remedy =
      fmt::format("must be a time from {} to {}, as in 500ms, 30s, 5m or 2h", show_duration(min), show_duration(max));
  return scalar("time, " + range, std::move(remedy), [=, set = std::move(set)](std::string_view value) {
    const auto time = parse_duration(value);
    if (!time || *time < min || *time > max) return false;
    set(*time);
    return true;
  });
}

void read_keys(Reader& reader, const Node& node, const std::string& path, const std::vector<Key>& keys) {
  if (node.kind != Node::Kind::mapping)
    return reader.error(node, path, fmt::format("must be a mapping of keys to values, not {}", kind_name(node.kind)));
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string& name = node.keys[i].text;
    const std::string key_path = path.empty() ? name : path + "." + name;
    const auto known = std::ranges::find(keys, name, &Key::name);
    const auto secret =
        std::ranges::find_if(keys, [&](const Key& key) { return key.secret && name == key.name + "_file"; });
    if (known == keys.end() && secret == keys.end()) reader.error(node.keys[i], key_path, unknown_key(name, keys));
    else if (node.items[i].kind == Node::Kind::null)
      reader.error(node.keys[i], key_path, "has no value; leave the key out to get its default");
    else if (known != keys.end()) known->type.read(reader, node.items[i], key_path);
    else if (node.child(secret->name) != nullptr)
      reader.error(node.keys[i], key_path, fmt::format("is given beside '{}': only one of them", secret->name));
    else read_secret_file(reader, node.items[i], key_path, *secret);
  }
}

Type mapping(std::vector<Key> keys) {
  auto read = [keys](Reader& reader, const Node& node, const std::string& path) {
    read_keys(reader, node, path, keys);
  };
  return {"mapping", std::move(read), std::move(keys), "."};
}

}  // namespace parley::app
