// Packets whose protected form others have published or can be computed from published keys.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/testing/source_folder.hpp"
#include "protocol/srtp/session.hpp"

namespace parley::srtp {
namespace {

using Bytes = std::vector<std::byte>;

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}
const unsigned char* raw(const Bytes& bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* raw(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

/// RFC 3711 §4.1.1 and §4.2.1 with session keys in hand and a rollover counter of 0.
Bytes protected_by_hand(const Bytes& packet, std::map<std::string, Bytes>& keys) {
  ByteReader header{packet};
  header.skip(2);
  const auto sequence = header.u16();
  header.skip(4);
  const auto ssrc = header.u32();
  Bytes counter = keys["cipher_salt"];
  counter.resize(16);
  for (std::size_t i = 0; i < 4; ++i) counter[4 + i] ^= static_cast<std::byte>(ssrc >> (24 - 8 * i));
  counter[12] ^= static_cast<std::byte>(sequence >> 8);
  counter[13] ^= static_cast<std::byte>(sequence & 0xFF);

  Bytes out = packet;
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> cipher{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  int size = 0;
  EXPECT_EQ(EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ctr(), nullptr, raw(keys["cipher_key"]), raw(counter)), 1);
  EXPECT_EQ(
      EVP_EncryptUpdate(cipher.get(), raw(out) + 12, &size, raw(packet) + 12, static_cast<int>(packet.size()) - 12), 1);
  Bytes authenticated = out;
  authenticated.resize(out.size() + 4);  // the rollover counter
  std::array<std::byte, 20> tag;
  const auto& auth_key = keys["auth_key"];
  EXPECT_NE(HMAC(EVP_sha1(), auth_key.data(), static_cast<int>(auth_key.size()), raw(authenticated),
                 authenticated.size(), reinterpret_cast<unsigned char*>(tag.data()), nullptr),
            nullptr);
  out.insert(out.end(), tag.begin(), tag.begin() + 10);
  return out;
}

TEST(SrtpVectors, SessionKeysAreThoseOfRfc3711) {
  std::ifstream file{source_folder() / "tests/data/srtp/rfc3711_b3_key_derivation.txt"};
  std::map<std::string, Bytes> keys;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words{line};
    std::string name, hex;
    if (words >> name >> hex && name[0] != '#') keys[name] = from_hex(hex);
  }
  ASSERT_EQ(keys.size(), 5u);
  const MasterKey master{keys["master_key"], keys["master_salt"]};
  Session session{{Profile::aes128_cm_sha1_80, master, master}};
  const auto packet = from_hex("800f1234decafbadcafebabeabababababababababababababababab");
  auto buffer = packet;
  buffer.resize(packet.size() + max_overhead);

  const auto result = session.protect(buffer, packet.size());

  ASSERT_TRUE(result);
  EXPECT_TRUE(std::ranges::equal(*result, protected_by_hand(packet, keys)));
}

class PublishedPackets : public testing::TestWithParam<std::pair<const char*, Profile>> {};
INSTANTIATE_TEST_SUITE_P(SrtpVectors, PublishedPackets,
                         testing::Values(std::pair{"AES_CM_128_HMAC_SHA1_80", Profile::aes128_cm_sha1_80},
                                         std::pair{"AES_CM_128_HMAC_SHA1_80 ROC=1", Profile::aes128_cm_sha1_80},
                                         std::pair{"AEAD_AES_128_GCM", Profile::aead_aes_128_gcm}));

TEST_P(PublishedPackets, AreProtectedAndUnprotectedAlike) {
  std::ifstream file{test_data_folder() / "srtp/srtp-vectors.json"};
  if (!file) GTEST_SKIP() << "srtp/srtp-vectors.json is not in the test data";
  const auto vectors = nlohmann::json::parse(file);
  const auto& packets = vectors.at("packets");
  const auto found = std::ranges::find_if(packets, [&](const auto& one) { return one.at("name") == GetParam().first; });
  ASSERT_NE(found, packets.end());
  const auto bytes = [&](const char* key) { return from_hex(found->value(key, "")); };
  const MasterKey master{bytes("master_key"), bytes("master_salt")};
  const Keys keys{GetParam().second, master, master};
  Session sender{keys}, receiver{keys};
  const auto rtp = bytes("rtp"), srtp = bytes("srtp"), rtcp = bytes("rtcp"), srtcp = bytes("srtcp");
  const auto protect = [&](const Bytes& packet, auto operation) {
    auto buffer = packet;
    buffer.resize(packet.size() + max_overhead);
    const auto result = (sender.*operation)(buffer, packet.size());
    return result ? Bytes{result->begin(), result->end()} : Bytes{};
  };
  const auto unprotect = [&](Bytes packet, auto operation) {
    const auto result = (receiver.*operation)(packet);
    return result ? Bytes{result->begin(), result->end()} : Bytes{};
  };
  if (found->at("roc") == 1) {  // a packet shortly before the sequence number wraps brings both there
    auto before = rtp;
    before[2] = std::byte{0xF0};
    ASSERT_FALSE(unprotect(protect(before, &Session::protect), &Session::unprotect).empty());
  }

  EXPECT_EQ(protect(rtp, &Session::protect), srtp);
  EXPECT_EQ(unprotect(srtp, &Session::unprotect), rtp);
  if (rtcp.empty()) return;
  EXPECT_EQ(protect(rtcp, &Session::protect_rtcp), srtcp);
  EXPECT_EQ(unprotect(srtcp, &Session::unprotect_rtcp), rtcp);
}

}  // namespace
}  // namespace parley::srtp
