// The messages of RFC 4475 and RFC 5118, judged as tests/data/sip-torture/index.csv says.
#include <fstream>
#include <map>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/source_folder.hpp"
#include "protocol/sip/message.hpp"
#include "protocol/sip/request_check.hpp"

namespace parley::sip {
namespace {

const std::filesystem::path folder = source_folder() / "tests/data/sip-torture";

std::string file(const std::string& name) {
  std::ifstream in{folder / name, std::ios::binary};
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct Row {
  std::string file, section, kind, parse, answer;
};

std::vector<Row> index() {
  std::istringstream lines{file("index.csv")};
  std::vector<Row> rows;
  std::string line;
  std::getline(lines, line);  // the column names
  while (std::getline(lines, line)) {
    std::istringstream cells{line};
    Row row;
    for (auto* cell : {&row.file, &row.section, &row.kind, &row.parse, &row.answer}) std::getline(cells, *cell, ',');
    rows.push_back(row);
  }
  return rows;
}

const std::map<std::string, ParseError> defects{
    {"truncated", ParseError::truncated},
    {"bad_start_line", ParseError::bad_start_line},
    {"bad_version", ParseError::bad_version},
    {"bad_uri", ParseError::bad_uri},
    {"bad_address", ParseError::bad_address},
    {"bad_via", ParseError::bad_via},
    {"bad_cseq", ParseError::bad_cseq},
    {"bad_content_length", ParseError::bad_content_length},
    {"missing_header", ParseError::missing_header},
    {"duplicate_header", ParseError::duplicate_header},
    {"method_mismatch", ParseError::method_mismatch},
    {"unterminated_quote", ParseError::unterminated_quote},
};

Supported a_phone() {
  Supported supported;
  supported.methods = {"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "MESSAGE"};
  supported.bodies = {"application/sdp", "multipart/mixed", "text/plain"};
  return supported;
}

std::string answer_to(const std::string& datagram) {
  const auto message = parse(datagram);
  if (message && message->is_response()) return "response";
  const auto rejection = message ? check(*message, a_phone()) : check(message.error());
  if (rejection) return std::to_string(rejection->status);
  return message ? "pass" : "none";
}

TEST(SipTorture, ParsesOrNamesTheDefect) {
  const auto rows = index();
  ASSERT_EQ(rows.size(), 61u);
  for (const Row& row : rows) {
    const auto message = parse(file(row.file));
    EXPECT_EQ(message.has_value(), row.parse == "ok") << row.file;
    if (message || row.parse == "ok") continue;
    EXPECT_EQ(message.error().error, defects.at(row.parse)) << row.file << ": " << describe(message.error().error);
  }
}

TEST(SipTorture, AnswersAsTheRfcAsks) {
  for (const Row& row : index()) {
    if (row.answer == "response") {
      const auto message = parse(file(row.file));
      EXPECT_TRUE(message ? message->is_response() : !check(message.error())) << row.file;
    } else {
      EXPECT_EQ(answer_to(file(row.file)), row.answer) << row.file;
    }
  }
}

TEST(SipTorture, WhatWasParsedIsWrittenAndParsedToTheSame) {
  int checked = 0;
  for (const Row& row : index()) {
    const auto message = parse(file(row.file));
    if (!message) continue;
    const auto text = message->to_string();
    const auto again = parse(text);
    ASSERT_TRUE(again) << row.file << '\n' << text;
    EXPECT_EQ(*again, *message) << row.file;
    EXPECT_EQ(again->to_string(), text) << row.file;
    ++checked;
  }
  EXPECT_GT(checked, 35);
}

TEST(SipTorture, CutsAStreamOfAllWellFormedMessages) {
  std::string stream;
  std::vector<std::string> expected;
  for (const Row& row : index()) {
    const auto message = parse(file(row.file));
    if (!message) continue;
    expected.push_back(message->to_string());
    stream += expected.back();
  }

  StreamSplitter splitter;
  std::vector<std::string> cut;
  for (std::size_t at = 0; at < stream.size(); at += 997) {
    splitter.receive(std::string_view{stream}.substr(at, 997));
    while (auto message = splitter.poll()) cut.push_back(std::move(*message));
  }

  EXPECT_EQ(cut, expected);
}

TEST(SipTorture, ReadsTheOddButLegalInvite) {
  const auto message = *parse(file("rfc4475/wsinv.dat"));

  EXPECT_EQ(message.to.tag(), "1918181833n");
  EXPECT_EQ(message.from.display, "J Rosenberg \\\"");
  EXPECT_EQ(message.from.tag(), "98asjd8");
  EXPECT_EQ(message.max_forwards, 68u);
  EXPECT_EQ(message.cseq, (CSeq{9, "INVITE"}));
  ASSERT_EQ(message.via.size(), 3u);
  EXPECT_EQ(message.via[0].host, "192.0.2.2");
  EXPECT_EQ(message.via[1].branch(), "z9hG4bK9ikj8");
  EXPECT_EQ(message.via[2].branch(), "z9hG4bK30239");
  EXPECT_EQ(message.body.size(), 150u);
  EXPECT_EQ(message.header("Subject"), "");
  EXPECT_EQ(message.header("NewFangledHeader"), "newfangled value continued newfangled value");
  const auto contact = message.addresses("Contact");
  ASSERT_EQ(contact->size(), 1u);
  EXPECT_EQ(contact->front().display, "Quoted string \"\"");
  EXPECT_EQ(contact->front().params.value("q"), "0.33");
}

TEST(SipTorture, KeepsNulBytesInUsersAndQuotes) {
  using namespace std::string_literals;
  EXPECT_EQ(parse(file("rfc4475/escnull.dat"))->to.uri.decoded_user(), "null-\0-null"s);
  EXPECT_EQ(parse(file("rfc4475/intmeth.dat"))->to.display, "BEL:\x07 NUL:\0 DEL:\x7F"s);
  EXPECT_EQ(parse(file("rfc4475/mpart01.dat"))->body.size(), 553u);
}

TEST(SipTorture, TellsAddressesFromPorts) {
  const auto ambiguous = *parse(file("rfc5118/port-ambiguous.dat"));
  EXPECT_EQ(ambiguous.request_uri.host, "[2001:db8::10:5070]");
  EXPECT_EQ(ambiguous.request_uri.port, 0);
  EXPECT_EQ(parse(file("rfc5118/port-unambiguous.dat"))->request_uri.port, 5070);
  EXPECT_EQ(parse(file("rfc5118/via-received-param-no-delim.dat"))->via[0].params.value("received"), "2001:db8::9:255");
}

TEST(SipTorture, TellsHeaderParametersFromUriParameters) {
  EXPECT_TRUE(parse(file("rfc4475/cparam01.dat"))->addresses("Contact")->front().params.has("unknownparam"));
  EXPECT_TRUE(parse(file("rfc4475/cparam02.dat"))->addresses("Contact")->front().uri.params.has("unknownparam"));
  EXPECT_EQ(parse(file("rfc4475/semiuri.dat"))->request_uri.user, "user;par=u%40example.net");
}

TEST(RequestCheck, NamesWhatItDoesNotSupport) {
  const auto extensions = check(*parse(file("rfc4475/bext01.dat")), a_phone());
  ASSERT_TRUE(extensions);
  EXPECT_EQ(extensions->headers,
            (std::vector<HeaderField>{{"Unsupported", "nothingSupportsThis, nothingSupportsThisEither"}}));

  const auto body = check(*parse(file("rfc4475/invut.dat")), Supported{});
  ASSERT_TRUE(body);
  EXPECT_EQ(body->headers, (std::vector<HeaderField>{{"Accept", "application/sdp"}}));
}

TEST(RequestCheck, OnlyAForwarderMindsHopsAndProxyRequire) {
  auto supported = a_phone();
  supported.options = {"nothingSupportsThis", "nothingSupportsThisEither"};
  EXPECT_FALSE(check(*parse(file("rfc4475/bext01.dat")), supported));
  EXPECT_FALSE(check(*parse(file("rfc4475/zeromf.dat")), supported));

  supported.forwards = true;
  EXPECT_EQ(check(*parse(file("rfc4475/bext01.dat")), supported)->status, 420);
  EXPECT_EQ(check(*parse(file("rfc4475/zeromf.dat")), supported)->status, 483);
}

TEST(RequestCheck, AKnownMethodThatIsNotAllowedIs405WithAllow) {
  Supported supported;
  supported.methods = {"INVITE", "BYE"};
  auto request = *parse(file("rfc4475/zeromf.dat"));

  const auto rejection = check(request, supported);
  ASSERT_TRUE(rejection);
  EXPECT_EQ(rejection->status, 405);
  EXPECT_EQ(make_response(request, *rejection, "t").header("Allow"), "INVITE, BYE");

  request.method = "ACK";
  EXPECT_FALSE(check(request, supported));
}

}  // namespace
}  // namespace parley::sip
