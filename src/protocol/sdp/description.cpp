#include "protocol/sdp/description.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace parley::sdp {
namespace {

constexpr std::size_t max_text = 65'535, max_lines = 2'000, max_media = 64, max_formats = 128;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The next word; several spaces count as one, which is what peers mean.
std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

std::optional<Connection> parse_connection(std::string_view value) {
  Connection connection;
  connection.net_type = take_word(value);
  connection.address_type = take_word(value);
  connection.address = take_word(value);
  if (connection.address.empty() || !take_word(value).empty()) return std::nullopt;
  return connection;
}

std::optional<Origin> parse_origin(std::string_view value) {
  Origin origin;
  origin.username = take_word(value);
  const auto session_id = parse_number<std::uint64_t>(take_word(value));
  const auto version = parse_number<std::uint64_t>(take_word(value));
  auto address = parse_connection(value);
  if (!session_id || !version || !address) return std::nullopt;
  origin.session_id = *session_id;
  origin.version = *version;
  origin.address = std::move(*address);
  return origin;
}

std::optional<Media> parse_media(std::string_view value) {
  Media media;
  media.kind = take_word(value);
  const auto ports = take_word(value);
  media.protocol = take_word(value);
  for (auto format = take_word(value); !format.empty(); format = take_word(value)) {
    if (media.formats.size() == max_formats) return std::nullopt;
    media.formats.emplace_back(format);
  }
  const auto slash = ports.find('/');
  const auto port = parse_number<std::uint16_t>(ports.substr(0, slash));
  const auto count = slash == std::string_view::npos ? 1 : parse_number<std::uint16_t>(ports.substr(slash + 1));
  if (!port || !count || *count == 0 || media.formats.empty()) return std::nullopt;
  media.port = *port;
  media.ports = *count;
  return media;
}

/// Where RFC 8866 §5 puts a line of this type; c= is at 4, a= behind all of them. −1: unknown.
constexpr int rank(char type) {
  switch (type) {
    case 'i': return 0;
    case 'u': return 1;
    case 'e': return 2;
    case 'p': return 3;
    case 'c': return 4;
    case 'b': return 5;
    case 't':
    case 'r': return 6;  // each t= is followed by its own r=
    case 'z': return 7;
    case 'k': return 8;
    default: return -1;
  }
}

/// The fields in the RFC's order, those of one rank in their own.
std::vector<Field> sorted(std::vector<Field> fields) {
  std::vector<Field> result;
  result.reserve(fields.size());
  for (int place = rank('i'); place <= rank('k'); ++place)
    for (Field& field : fields)
      if (rank(field.type) == place) result.push_back(std::move(field));
  return result;
}

class Parser {
 public:
  std::optional<ParseError> line(char type, std::string_view value, std::size_t number);
  Result<SessionDescription, Error> finish(std::size_t lines) &&;

 private:
  std::optional<ParseError> connection(std::string_view value);

  SessionDescription session_;
  std::vector<Field> fields_;
  bool seen_version_ = false, seen_origin_ = false;
};

std::optional<ParseError> Parser::line(char type, std::string_view value, std::size_t number) {
  if (!seen_version_) {
    seen_version_ = type == 'v' && value == "0";
    return seen_version_ ? std::nullopt : std::optional{ParseError::bad_version};
  }
  if (type == 'm') {
    auto media = parse_media(value);
    if (!media) return ParseError::bad_media;
    if (session_.media.size() == max_media) return ParseError::too_large;
    media->line = number;
    session_.media.push_back(std::move(*media));
    return std::nullopt;
  }
  Media* media = session_.media.empty() ? nullptr : &session_.media.back();
  if (type == 'c') return connection(value);
  if (type == 'a') {
    const auto colon = value.find(':');
    auto& attributes = media ? media->attributes : session_.attributes;
    if (value.substr(0, colon).empty()) return ParseError::bad_line;
    attributes.add(std::string{value.substr(0, colon)},
                   colon == std::string_view::npos ? std::nullopt : std::optional{std::string{value.substr(colon + 1)}},
                   number);
    return std::nullopt;
  }
  if (!media && type == 'o') {
    auto origin = parse_origin(value);
    if (!origin || seen_origin_) return ParseError::bad_origin;
    session_.origin = std::move(*origin);
    seen_origin_ = true;
  } else if (!media && type == 's') {
    // An empty name is illegal; "-" is how its absence is written.
    session_.name = value.empty() ? "-" : value;
  } else if (rank(type) >= 0) {
    (media ? media->fields : fields_).push_back({type, std::string{value}});
  }
  return std::nullopt;
}

std::optional<ParseError> Parser::connection(std::string_view value) {
  auto parsed = parse_connection(value);
  if (!parsed) return ParseError::bad_connection;
  Media* media = session_.media.empty() ? nullptr : &session_.media.back();
  auto& first = media ? media->connection : session_.connection;
  if (first) (media ? media->fields : fields_).push_back({'c', std::string{value}});
  else first = std::move(parsed);
  return std::nullopt;
}

Result<SessionDescription, Error> Parser::finish(std::size_t lines) && {
  if (!seen_version_) return std::unexpected(Error{ParseError::bad_version, lines});
  if (!seen_origin_) return std::unexpected(Error{ParseError::missing_origin, lines});
  const bool has_time = std::ranges::any_of(fields_, [](const Field& field) { return field.type == 't'; });
  if (!has_time) fields_.insert(fields_.begin(), {'t', "0 0"});
  session_.fields = sorted(std::move(fields_));
  for (Media& media : session_.media) media.fields = sorted(std::move(media.fields));
  return std::move(session_);
}

void append_line(std::string& out, char type, std::string_view value) {
  out += type;
  out += '=';
  for (const char c : value) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;  // no forged lines
  out += "\r\n";
}

void append_fields(std::string& out, const std::vector<Field>& fields, const std::optional<Connection>& connection) {
  const auto append = [&](bool before) {
    for (const Field& field : fields)
      if ((rank(field.type) < rank('c')) == before) append_line(out, field.type, field.value);
  };
  append(true);
  if (connection)
    append_line(out, 'c', connection->net_type + ' ' + connection->address_type + ' ' + connection->address);
  append(false);
}

std::string value_of(const Media& media) {
  std::string value = media.kind + ' ' + std::to_string(media.port);
  if (media.ports != 1) value += '/' + std::to_string(media.ports);
  value += ' ' + media.protocol;
  for (const auto& format : media.formats) value += ' ' + format;
  return value;
}

void append_attributes(std::string& out, const Attributes& attributes) {
  for (const Attribute& attribute : attributes)
    append_line(out, 'a', attribute.value ? attribute.name + ':' + *attribute.value : attribute.name);
}

}  // namespace

std::string line_text(const Media& media) { return "m=" + value_of(media); }

std::string line_text(const Attribute& attribute) {
  return "a=" + (attribute.value ? attribute.name + ':' + *attribute.value : attribute.name);
}

std::string_view describe(ParseError error) {
  switch (error) {
    case ParseError::too_large: return "too large";
    case ParseError::bad_line: return "bad line";
    case ParseError::bad_version: return "bad version";
    case ParseError::bad_origin: return "bad origin";
    case ParseError::bad_connection: return "bad connection";
    case ParseError::bad_media: return "bad media";
    case ParseError::missing_origin: return "missing origin";
  }
  return "bad description";
}

const Attribute* Attributes::find(std::string_view name) const {
  const auto found = std::ranges::find(attributes_, name, &Attribute::name);
  return found == attributes_.end() ? nullptr : &*found;
}

std::optional<std::string_view> Attributes::value(std::string_view name) const {
  const Attribute* attribute = find(name);
  if (!attribute) return std::nullopt;
  return attribute->value ? std::string_view{*attribute->value} : std::string_view{};
}

std::vector<std::string_view> Attributes::values(std::string_view name) const {
  std::vector<std::string_view> result;
  for (const Attribute& attribute : attributes_)
    if (attribute.name == name && attribute.value) result.push_back(*attribute.value);
  return result;
}

void Attributes::erase(std::string_view name) {
  std::erase_if(attributes_, [&](const Attribute& attribute) { return attribute.name == name; });
}

std::optional<IpAddress> Connection::ip() const {
  const auto literal = std::string_view{address}.substr(0, address.find('/'));  // a multicast TTL may follow
  const auto ip = IpAddress::parse(literal);
  return ip && ip->is_v6() == (address_type == "IP6") ? ip : std::nullopt;
}

Result<SessionDescription, Error> SessionDescription::parse(std::string_view text) {
  if (text.size() > max_text) return std::unexpected(Error{ParseError::too_large, 0});
  Parser parser;
  std::size_t number = 0;
  while (!text.empty()) {
    if (++number > max_lines) return std::unexpected(Error{ParseError::too_large, number});
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    const bool is_line =
        line.size() >= 2 && line[1] == '=' && line.find_first_of({"\r\0", 2}) == std::string_view::npos;
    if (!is_line) return std::unexpected(Error{ParseError::bad_line, number});
    if (const auto error = parser.line(line[0], line.substr(2), number)) return std::unexpected(Error{*error, number});
  }
  return std::move(parser).finish(number);
}

std::string SessionDescription::to_string() const {
  std::string out = "v=0\r\n";
  const auto& at = origin.address;
  append_line(out, 'o',
              origin.username + ' ' + std::to_string(origin.session_id) + ' ' + std::to_string(origin.version) + ' ' +
                  at.net_type + ' ' + at.address_type + ' ' + at.address);
  append_line(out, 's', name);
  append_fields(out, fields, connection);
  append_attributes(out, attributes);
  for (const Media& each : media) {
    append_line(out, 'm', value_of(each));
    append_fields(out, each.fields, each.connection);
    append_attributes(out, each.attributes);
  }
  return out;
}

}  // namespace parley::sdp
