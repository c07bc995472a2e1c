#include "protocol/dtls/fingerprint.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/bytes.hpp"
#include "protocol/dtls/context.hpp"

namespace parley::dtls {
namespace {

// The example of RFC 8122 §5.
constexpr const char* of_the_rfc =
    "sha-256 12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD";
// Of "abc", from FIPS 180-4's examples.
constexpr const char* sha1_of_abc = "sha-1 A9:99:3E:36:47:06:81:6A:BA:3E:25:71:78:50:C2:6C:9C:D0:D8:9D";
constexpr const char* sha256_of_abc =
    "sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";

TEST(Fingerprint, IsReadInEitherCaseAndWrittenAsTheRfcAsks) {
  const auto fingerprint = Fingerprint::parse(of_the_rfc);
  std::string mixed{of_the_rfc};
  for (auto& c : mixed) c = static_cast<char>(mixed[0] == c ? c : std::tolower(c));
  mixed.replace(0, 3, "SHA");

  ASSERT_TRUE(fingerprint);
  EXPECT_EQ(fingerprint->hash, Hash::sha256);
  EXPECT_EQ(fingerprint->text(), of_the_rfc);
  EXPECT_EQ(Fingerprint::parse(mixed), fingerprint);
}

TEST(Fingerprint, RefusesWhatItCannotBe) {
  const std::string good{of_the_rfc};

  EXPECT_FALSE(Fingerprint::parse(""));
  EXPECT_FALSE(Fingerprint::parse("sha-256"));
  EXPECT_FALSE(Fingerprint::parse("sha-256 "));
  EXPECT_FALSE(Fingerprint::parse("md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"));
  EXPECT_FALSE(Fingerprint::parse(good.substr(0, good.size() - 3)));
  EXPECT_FALSE(Fingerprint::parse(good + ":00"));
  EXPECT_FALSE(Fingerprint::parse(good + " "));
  std::string spaced = good, letter = good;
  spaced[10] = ' ';
  letter[8] = 'G';
  EXPECT_FALSE(Fingerprint::parse(spaced));
  EXPECT_FALSE(Fingerprint::parse(letter));
}

TEST(Fingerprint, IsComparedByTheStrongestHashOffered) {
  const auto abc = as_bytes("abc"), other = as_bytes("abd");
  const auto weak = *Fingerprint::parse(sha1_of_abc), strong = *Fingerprint::parse(sha256_of_abc);
  const auto wrong = *Fingerprint::parse(of_the_rfc);

  EXPECT_TRUE(matches(abc, std::vector{weak}));
  EXPECT_TRUE(matches(abc, std::vector{weak, strong}));
  EXPECT_TRUE(matches(abc, std::vector{wrong, strong}));
  EXPECT_FALSE(matches(abc, std::vector{weak, wrong}));  // the weak one does not help
  EXPECT_FALSE(matches(other, std::vector{weak, strong}));
  EXPECT_FALSE(matches(abc, {}));
}

TEST(Certificate, HasAFingerprintOfItsOwn) {
  const auto one = Certificate::make(), two = Certificate::make();

  EXPECT_NE(one.fingerprint(), two.fingerprint());
  EXPECT_EQ(Fingerprint::parse(one.fingerprint().text()), one.fingerprint());
  EXPECT_EQ(Context{one}.fingerprint(), one.fingerprint());
}

}  // namespace
}  // namespace parley::dtls
