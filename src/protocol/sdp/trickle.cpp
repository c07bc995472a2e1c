#include "protocol/sdp/trickle.hpp"

#include <algorithm>

namespace parley::sdp {
namespace {

constexpr std::size_t max_text = 16'384, max_sections = 16, max_candidates = 64, max_bundle = 16;

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const auto word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

std::optional<std::string_view> value_after(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return std::nullopt;
  return line.substr(prefix.size());
}

class Reader {
 public:
  std::optional<ParseError> line(std::string_view line);
  std::optional<ParseError> finish();
  TrickleFragment fragment;

 private:
  std::optional<ParseError> start_section(std::string_view media);
  std::optional<ParseError> candidate(std::string_view value);
  std::optional<ParseError> finish_section();

  ice::Credentials credentials_;  // of the section at hand, or of the whole before the first
  bool in_section_ = false;
};

std::optional<ParseError> Reader::line(std::string_view line) {
  if (const auto media = value_after(line, "m=")) return start_section(*media);
  if (const auto ufrag = value_after(line, "a=ice-ufrag:")) credentials_.ufrag = *ufrag;
  else if (const auto pwd = value_after(line, "a=ice-pwd:")) credentials_.pwd = *pwd;
  else if (const auto value = value_after(line, "a=candidate:")) return candidate(*value);
  else if (line == "a=end-of-candidates")
    (in_section_ ? fragment.sections.back().end_of_candidates : fragment.end_of_candidates) = true;
  else if (const auto mid = value_after(line, "a=mid:"); mid && in_section_) fragment.sections.back().mid = *mid;
  else if (in_section_) return std::nullopt;
  else if (line == "a=ice-lite") fragment.ice_lite = true;
  else if (auto options = value_after(line, "a=ice-options:")) {
    for (auto word = take_word(*options); !word.empty(); word = take_word(*options))
      fragment.trickle |= word == "trickle";
  } else if (auto mids = value_after(line, "a=group:BUNDLE ")) {
    for (auto each = take_word(*mids); !each.empty() && fragment.bundle.size() < max_bundle; each = take_word(*mids))
      fragment.bundle.emplace_back(each);
  }
  return std::nullopt;
}

std::optional<ParseError> Reader::start_section(std::string_view media) {
  if (const auto error = finish_section()) return error;
  if (fragment.sections.size() == max_sections) return ParseError::too_large;
  if (media.empty()) return ParseError::bad_media;
  fragment.sections.emplace_back().media = media;
  in_section_ = true;
  return std::nullopt;
}

std::optional<ParseError> Reader::candidate(std::string_view value) {
  // RFC 8840 §4.4 wants an m= before it. Some senders leave it out: they have one section.
  if (!in_section_) {
    if (const auto error = finish_section()) return error;
    fragment.sections.emplace_back();
    in_section_ = true;
  }
  auto& section = fragment.sections.back();
  auto candidate = ice::Candidate::parse(value);
  if (!candidate || section.candidates.size() == max_candidates) ++fragment.candidates_skipped;
  else section.candidates.push_back(std::move(*candidate));
  return std::nullopt;
}

/// Credentials come as a pair or not at all.
std::optional<ParseError> Reader::finish_section() {
  if (credentials_ == ice::Credentials{}) return std::nullopt;
  if (!credentials_.acceptable()) return ParseError::bad_line;
  (in_section_ ? fragment.sections.back().credentials : fragment.credentials) = std::move(credentials_);
  credentials_ = {};
  return std::nullopt;
}

std::optional<ParseError> Reader::finish() { return finish_section(); }

void append_credentials(std::string& out, const std::optional<ice::Credentials>& credentials) {
  if (credentials) out += "a=ice-ufrag:" + credentials->ufrag + "\r\na=ice-pwd:" + credentials->pwd + "\r\n";
}

}  // namespace

Result<TrickleFragment, Error> TrickleFragment::parse(std::string_view text) {
  if (text.size() > max_text) return std::unexpected(Error{ParseError::too_large, 0});
  Reader reader;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty()) continue;
    const bool is_line =
        line.size() >= 2 && line[1] == '=' && line.find_first_of({"\r\0", 2}) == std::string_view::npos;
    const auto error = is_line ? reader.line(line) : ParseError::bad_line;
    if (error) return std::unexpected(Error{*error, number});
  }
  if (const auto error = reader.finish()) return std::unexpected(Error{*error, number});
  return std::move(reader.fragment);
}

std::string TrickleFragment::to_string() const {
  std::string out;
  if (ice_lite) out += "a=ice-lite\r\n";
  if (trickle) out += "a=ice-options:trickle\r\n";
  if (!bundle.empty()) {
    out += "a=group:BUNDLE";
    for (const auto& mid : bundle) out += ' ' + mid;
    out += "\r\n";
  }
  append_credentials(out, credentials);
  if (end_of_candidates) out += "a=end-of-candidates\r\n";
  for (const Section& section : sections) {
    out += "m=" + section.media + "\r\n";
    if (!section.mid.empty()) out += "a=mid:" + section.mid + "\r\n";
    append_credentials(out, section.credentials);
    for (const auto& candidate : section.candidates) out += "a=candidate:" + candidate.to_string() + "\r\n";
    if (section.end_of_candidates) out += "a=end-of-candidates\r\n";
  }
  return out;
}

const TrickleFragment::Section* TrickleFragment::find(std::string_view mid) const {
  const auto named = std::ranges::find(sections, mid, &Section::mid);
  if (named != sections.end()) return &*named;
  const bool only_one = sections.size() == 1 && sections.front().mid.empty();
  return only_one ? &sections.front() : nullptr;
}

std::optional<ice::Credentials> TrickleFragment::credentials_for(std::string_view mid) const {
  const Section* const section = find(mid);
  return section && section->credentials ? section->credentials : credentials;
}

}  // namespace parley::sdp
