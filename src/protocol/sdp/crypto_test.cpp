#include "protocol/sdp/crypto.hpp"

#include <gmock/gmock.h>

#include <string>

namespace parley::sdp {
namespace {

using srtp::Profile;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view example_key = "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj";  // RFC 4568 §9.1

CryptoError error_of(std::string_view value) {
  const auto crypto = Crypto::parse(value);
  EXPECT_FALSE(crypto) << value;
  return crypto ? CryptoError{} : crypto.error();
}

TEST(Crypto, ReadsTheExamplesOfRfc4568) {
  const auto seminar =
      Crypto::parse("1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32");  // §5.1.1
  ASSERT_TRUE(seminar);
  EXPECT_EQ(seminar->tag, 1u);
  EXPECT_EQ(seminar->profile, Profile::aes128_cm_sha1_80);
  ASSERT_EQ(seminar->keys.size(), 1u);
  EXPECT_EQ(seminar->keys[0].lifetime, std::uint64_t{1} << 20);
  EXPECT_EQ(seminar->keys[0].mki, (Crypto::Mki{1, 32}));
  EXPECT_EQ(seminar->keys[0].master.key(seminar->profile)[0], std::byte{0x3D});
  EXPECT_EQ(seminar->keys[0].master.salt(seminar->profile)[13], std::byte{0x51});

  const auto with_fec = Crypto::parse(
      "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP");
  ASSERT_TRUE(with_fec);
  EXPECT_THAT(with_fec->session_parameters, ElementsAre("FEC_ORDER=FEC_SRTP"));

  const auto two_keys = Crypto::parse(
      "2 AES_CM_128_HMAC_SHA1_80 inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|1:4;"
      "inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4");
  ASSERT_TRUE(two_keys);
  EXPECT_EQ(two_keys->keys.size(), 2u);
}

TEST(Crypto, WritesWhatReadsAsTheSame) {
  for (const auto* value : {"7 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj|2^48 WSH=128 -X",
                            "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==",
                            "1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw",  // without padding
                            "999999999 AEAD_AES_256_GCM "
                            "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis=|1000|3:1"}) {
    const auto crypto = Crypto::parse(value);
    ASSERT_TRUE(crypto) << value;
    EXPECT_EQ(Crypto::parse(crypto->to_string()).value(), *crypto) << value;
  }
}

TEST(Crypto, RefusesWhatIsNoKey) {
  const std::string key{example_key};
  EXPECT_EQ(error_of(""), CryptoError::malformed);
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80"), CryptoError::malformed);
  EXPECT_EQ(error_of("1234567890 AES_CM_128_HMAC_SHA1_80 inline:" + key), CryptoError::malformed);
  EXPECT_EQ(error_of("x AES_CM_128_HMAC_SHA1_80 inline:" + key), CryptoError::malformed);
  EXPECT_EQ(error_of("1 F8_128_HMAC_SHA1_80 inline:" + key), CryptoError::unknown_suite);
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80 ekt:" + key), CryptoError::unknown_method);
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80 inline:" + key.substr(1)), CryptoError::bad_key);
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "AAAA"), CryptoError::bad_key);
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80 inline:*" + key.substr(1)), CryptoError::bad_key);
  EXPECT_EQ(error_of("1 AEAD_AES_256_GCM inline:" + key), CryptoError::bad_key) << "another suite's length";
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^49"), CryptoError::bad_lifetime);
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|0"), CryptoError::bad_lifetime);
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^20|1:129"), CryptoError::bad_mki);
  EXPECT_EQ(error_of("1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|1:0"), CryptoError::bad_mki);
}

TEST(Crypto, SupportsOneKeyThatProtectsEverything) {
  const std::string line = "1 AES_CM_128_HMAC_SHA1_80 inline:" + std::string{example_key};
  for (const auto* fine : {"", "|2^31", " WSH=64", " -LATER=1"})
    EXPECT_TRUE(Crypto::parse(line + fine)->supported()) << fine;
  for (const auto* not_ours : {"|2^20|1:4", "|1:4", " UNENCRYPTED_SRTP", " UNENCRYPTED_SRTCP", " UNAUTHENTICATED_SRTP",
                               " KDR=1", " FEC_ORDER=FEC_SRTP", " LATER=1"})
    EXPECT_FALSE(Crypto::parse(line + not_ours)->supported()) << not_ours;
  EXPECT_FALSE(Crypto::parse(line + ";inline:" + std::string{example_key})->supported());
}

TEST(BlankKeys, LeavesNoKeyAndEverythingElse) {
  const auto blanked = blank_keys(
      "v=0\r\nk=clear:open sesame\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SECRETSECRET|2^20\r\n"
      "a=crypto:inline:SECRETSECRET\r\na=crypto:2 F8 inline:SECRETSECRET;inline:SECRETSECRET\r\n"
      "a=ice-ufrag:abcd\r\na=ice-pwd:SECRETSECRETSECRETSECRET\r\na=crypto:3 AEAD_AES_128_GCM inline:SECRETSECRET");

  EXPECT_THAT(blanked, Not(HasSubstr("SECRET")));
  EXPECT_THAT(blanked, Not(HasSubstr("sesame")));
  EXPECT_THAT(blanked, HasSubstr("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:(blanked)\r\n"));
  EXPECT_THAT(blanked, HasSubstr("a=ice-ufrag:abcd\r\n"));
}

}  // namespace
}  // namespace parley::sdp
