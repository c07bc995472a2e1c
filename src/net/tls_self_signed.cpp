// A certificate of our own making: encryption for those who have none yet, and trust for nobody.
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>

#include "base/endpoint.hpp"
#include "net/tls.hpp"

namespace parley::net {

namespace fs = std::filesystem;

namespace {

constexpr long day = 24 * 60 * 60;
constexpr long lifetime = 825 * day;  // what Apple's systems take at most
constexpr long renewed_before = 30 * day;

template <class T, void (*free_it)(T*)>
struct Freed {
  void operator()(T* what) const { free_it(what); }
};
using X509Ptr = std::unique_ptr<X509, Freed<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, CloseFile>;

bool still_good(const TlsFiles& files) {
  const FilePtr certificate_file{std::fopen(files.certificate.c_str(), "r")};
  const FilePtr key_file{std::fopen(files.key.c_str(), "r")};
  if (!certificate_file || !key_file) return false;
  const X509Ptr certificate{PEM_read_X509(certificate_file.get(), nullptr, nullptr, nullptr)};
  const KeyPtr key{PEM_read_PrivateKey(key_file.get(), nullptr, nullptr, nullptr)};
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) return false;
  int days = 0, seconds = 0;
  return ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) == 1 &&
         days * day > renewed_before;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names)
    list += (list.empty() ? "" : ",") + std::string{IpAddress::parse(name) ? "IP:" : "DNS:"} + name;
  return list;
}

bool extend(X509* certificate, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension{X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str())};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

X509Ptr make_certificate(EVP_PKEY* key, const std::vector<std::string>& names) {
  X509Ptr made{X509_new()};
  auto* x509 = made.get();
  std::int64_t serial = 0;
  if (x509 == nullptr || RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return nullptr;
  serial &= 0x7FFF'FFFF'FFFF'FFFF;
  auto* subject = X509_get_subject_name(x509);
  const bool signed_well =
      X509_set_version(x509, X509_VERSION_3) == 1 && ASN1_INTEGER_set_int64(X509_get_serialNumber(x509), serial) == 1 &&
      X509_gmtime_adj(X509_getm_notBefore(x509), -day) != nullptr &&
      X509_gmtime_adj(X509_getm_notAfter(x509), lifetime) != nullptr &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("Parley"), -1, -1,
                                 0) == 1 &&
      X509_set_issuer_name(x509, subject) == 1 && X509_set_pubkey(x509, key) == 1 &&
      extend(x509, NID_basic_constraints, "critical,CA:FALSE") &&
      extend(x509, NID_ext_key_usage, "serverAuth,clientAuth") &&
      extend(x509, NID_subject_alt_name, alternative_names(names)) && X509_sign(x509, key, EVP_sha256()) != 0;
  if (!signed_well) return nullptr;
  return made;
}

/// A file that only this user may read, from its first byte on.
FilePtr create(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);
  return FilePtr{fd < 0 ? nullptr : ::fdopen(fd, "w")};
}

}  // namespace

Result<TlsFiles, std::string> self_signed(const fs::path& folder, const std::vector<std::string>& names) {
  TlsFiles files{folder / "certificate.pem", folder / "key.pem"};
  if (still_good(files)) return files;
  std::error_code error;
  fs::create_directories(folder, error);
  const KeyPtr key{EVP_EC_gen("P-256")};
  const X509Ptr certificate = key ? make_certificate(key.get(), names) : nullptr;
  if (!certificate) return std::unexpected("cannot make a certificate for " + alternative_names(names));
  const FilePtr key_file = create(files.key), certificate_file = create(files.certificate);
  if (!key_file || PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      !certificate_file || PEM_write_X509(certificate_file.get(), certificate.get()) != 1)
    return std::unexpected("cannot write below '" + folder.string() +
                           "'. Choose another folder, or give this user the right to write there.");
  return files;
}

}  // namespace parley::net
