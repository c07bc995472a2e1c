// One dialog (RFC 3261 §12): who talks to whom, by which route, and in what order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/sip/message.hpp"

namespace parley::sip {

class Dialog {
 public:
  /// Callee's side, before the response with `local_tag` goes out (§12.1.1).
  static Result<Dialog, ParseError> of_request(const Message& request, std::string_view local_tag);
  /// Caller's side, from a response with a To tag (§12.1.2).
  static Result<Dialog, ParseError> of_response(const Message& request, const Message& response);

  /// A new request inside the dialog: Request-URI, Route, From, To, Call-ID and the next CSeq.
  /// Via and Contact are for whoever knows the transport.
  Message request(std::string method);
  /// The ACK for a 2xx to the INVITE with this CSeq.
  Message ack(std::uint32_t invite_cseq) const;

  /// Where requests go first: the topmost Route when it is loose, else the Request-URI.
  Uri next_hop() const;

  /// False for a request that is older than one already seen: answer it 500 (§12.2.2).
  bool accept_cseq(std::uint32_t number);
  /// The target moves with every INVITE, UPDATE and their 2xx that bring a Contact.
  void refresh_target(const Message& message);
  /// The 2xx is what counts where an early response told another route (§13.2.2.4).
  void confirm(const Message& response);

  const std::string& call_id() const { return call_id_; }
  std::string_view local_tag() const { return local_.tag(); }
  std::string_view remote_tag() const { return remote_.tag(); }
  const NameAddr& local() const { return local_; }
  const NameAddr& remote() const { return remote_; }
  const Uri& remote_target() const { return remote_target_; }
  bool has_route() const { return !routes_.empty(); }
  std::uint32_t local_cseq() const { return local_cseq_; }
  /// A request of ours was sent again with a CSeq of its own (after a digest challenge).
  void set_local_cseq(std::uint32_t number) { local_cseq_ = number; }

 private:
  Message skeleton(std::string method, std::uint32_t cseq) const;

  std::string call_id_;
  NameAddr local_, remote_;  // with their tags
  Uri remote_target_;
  std::vector<NameAddr> routes_;
  std::uint32_t local_cseq_ = 0;
  std::optional<std::uint32_t> remote_cseq_;
};

/// Where a request goes by its own Route and Request-URI (RFC 3261 §8.1.2).
Uri next_hop_of(const Message& request);
/// Request-URI and Route for a target behind a route, the first of which may be a strict router
/// (RFC 3261 §12.2.1.1).
void apply_route(Message& request, const Uri& target, const std::vector<NameAddr>& routes);

}  // namespace parley::sip
