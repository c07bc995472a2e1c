#include <strings.h>

#include "app/await.hpp"
#include "app/backend.hpp"
#include "net/pool_await.hpp"

namespace parley::app {

namespace {

bool is_of(const store::UserRow& row, const std::string& user) {
  return user.empty() || row.id == user || ::strcasecmp(row.name.c_str(), user.c_str()) == 0;
}

std::unexpected<api::Refusal> later(std::string why) {
  api::Refusal refusal{503, std::move(why)};
  refusal.retry_after_seconds = 1;
  return std::unexpected(std::move(refusal));
}

}  // namespace

api::Reply<std::optional<api::User>> Backend::user_of_pin(std::string pin, std::string user) {
  std::move_only_function<void(store::Reply<store::UserRow>)> ask = [this, &pin](auto reply) {
    parts_.records.find_user_by_pin(parts_.pins.index(pin), std::move(reply));
  };
  const auto found = co_await from_store<store::UserRow>(std::move(ask));
  if (!found && found.error().code != store::StoreError::Code::not_found) co_return later(found.error().message);

  // Nobody is compared with, too: what a guess costs must not tell whether it was near.
  const bool named = found && is_of(*found, user);
  const std::string hash = named ? found->pin_hash : store::Pins::hash_of_nobody();
  bool right = false;
  std::move_only_function<void()> compare = [this, &pin, &hash, &right] { right = parts_.pins.matches(pin, hash); };
  const bool compared = co_await net::run_in(parts_.passwords, std::move(compare));
  if (!compared) co_return later("Too many log-ins are being checked.");
  if (!named || !right) co_return std::optional<api::User>{};
  co_return api::User{found->id, found->name, found->pin_index};
}

}  // namespace parley::app
