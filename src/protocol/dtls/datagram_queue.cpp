#include "protocol/dtls/datagram_queue.hpp"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace parley::dtls {
namespace {

DatagramQueue& queue_of(BIO* bio) { return *static_cast<DatagramQueue*>(BIO_get_data(bio)); }

int write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  auto& written = queue_of(bio).written;
  const auto bytes = std::as_bytes(std::span{data, static_cast<std::size_t>(std::max(size, 0))});
  if (written.size() < DatagramQueue::max_written) written.emplace_back(bytes.begin(), bytes.end());
  return size;
}

/// One datagram; what the caller has no room for is gone, as with a socket.
int read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  auto& incoming = queue_of(bio).incoming;
  if (incoming.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const auto taken = incoming.first(std::min(incoming.size(), static_cast<std::size_t>(std::max(size, 0))));
  std::memcpy(data, taken.data(), taken.size());
  incoming = {};
  return static_cast<int>(taken.size());
}

long control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_PENDING: return static_cast<long>(queue_of(bio).incoming.size());
    default: return 0;  // no MTU to discover, no timeout to set, nothing to duplicate
  }
}

const BIO_METHOD* method() {
  static const BIO_METHOD* const made = [] {
    auto* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (method == nullptr) throw std::bad_alloc{};
    BIO_meth_set_write(method, write);
    BIO_meth_set_read(method, read);
    BIO_meth_set_ctrl(method, control);
    return method;
  }();
  return made;
}

}  // namespace

bio_st* new_bio(DatagramQueue& queue) {
  auto* bio = BIO_new(method());
  if (bio == nullptr) throw std::bad_alloc{};
  BIO_set_data(bio, &queue);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace parley::dtls
