// The part of the API's backend that reads and makes audio files.
#include "app/await.hpp"
#include "app/backend.hpp"
#include "audio/mp3.hpp"
#include "audio/wav.hpp"
#include "net/http_fetch.hpp"
#include "net/pool_await.hpp"

#include <algorithm>
#include <fstream>

namespace parley::app {

using api::Refusal;

namespace {

constexpr std::size_t max_play_bytes = 16U << 20;

std::unexpected<Refusal> refuse(int status, std::string detail) {
  return std::unexpected(Refusal{status, std::move(detail)});
}

std::unexpected<Refusal> busy() {
  Refusal refusal{503, "Too many files are being read."};
  refusal.retry_after_seconds = 1;
  return std::unexpected(std::move(refusal));
}

/// WAV or MP3, by what is in it.
Result<std::vector<std::int16_t>, std::string> decode(std::string_view bytes, std::uint32_t rate_hz) {
  const auto data = std::as_bytes(std::span{bytes.data(), bytes.size()});
  if (bytes.starts_with("RIFF")) {
    auto samples = audio::wav::decode(data, rate_hz);
    if (!samples) return std::unexpected(std::string{audio::wav::to_string(samples.error())});
    return std::move(*samples);
  }
  auto samples = audio::mp3::decode(data, rate_hz);
  if (!samples) return std::unexpected(std::string{audio::mp3::to_string(samples.error())});
  return std::move(*samples);
}

}  // namespace

api::Reply<void> Backend::play_file(std::string id, std::string file) {
  std::string bytes, trouble;
  std::move_only_function<void()> read = [path = parts_.media.folder / file, &bytes, &trouble] {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::ifstream in{path, std::ios::binary};
    if (error || !in) trouble = "there is no such file in the media folder";
    else if (size > max_play_bytes) trouble = "the file is larger than 16 MiB";
    else bytes.assign(std::istreambuf_iterator<char>{in}, {});
  };
  if (!co_await net::run_in(parts_.files, std::move(read))) co_return busy();
  if (!trouble.empty()) co_return refuse(422, "file '" + file + "': " + trouble);
  co_return co_await play(std::move(id), std::move(bytes), "file '" + file + "'");
}

bool Backend::is_trusted(std::string_view url) const {
  return std::ranges::any_of(parts_.media.trusted_urls, [url](const auto& begin) { return url.starts_with(begin); });
}

api::Reply<void> Backend::play_url(std::string id, std::string url) {
  net::HttpClientRequest request;
  request.url = url;
  request.max_body = max_play_bytes;
  request.allow_private = is_trusted(url);
  request.follow_redirects = !request.allow_private;  // else a trusted server could send us anywhere
  auto& client = *http_clients_[static_cast<std::size_t>(net::Worker::current()->index())];
  const auto answer = co_await net::fetch(client, std::move(request));
  if (!answer) co_return refuse(422, "url: " + std::string{net::to_string(answer.error())});
  if (answer->status != 200) co_return refuse(422, "url: the server answered " + std::to_string(answer->status));
  co_return co_await play(std::move(id), answer->body, "url");
}

api::Reply<void> Backend::play(std::string id, std::string bytes, std::string name) {
  std::uint32_t rate_hz = 0;
  const auto found =
      co_await command(id, [&rate_hz](call::Call& call) { return rate_hz = audio::hertz(call.rate()), true; }, "");
  if (!found) co_return std::unexpected(found.error());

  Result<std::vector<std::int16_t>, std::string> samples{std::vector<std::int16_t>{}};
  std::move_only_function<void()> work = [&bytes, &samples, rate_hz] { samples = decode(bytes, rate_hz); };
  if (!co_await net::run_in(parts_.files, std::move(work))) co_return busy();
  if (!samples) co_return refuse(422, name + ": " + samples.error());
  co_return co_await command(
      std::move(id), [&samples](call::Call& call) { return call.play(std::move(*samples)); },
      "The call is not answered yet, or has no place for another sound.");
}

api::Reply<std::filesystem::path> Backend::recording(std::string id, api::RecordingFormat format) {
  std::move_only_function<void(store::Reply<store::CallDetail>)> ask = [this, id](auto reply) {
    parts_.records.get_call(id, std::move(reply));
  };
  const auto detail = co_await from_store<store::CallDetail>(std::move(ask));
  if (!detail) co_return refuse(404, "There is no such call.");
  if (detail->call.recording.empty()) co_return refuse(404, "The call was not recorded.");
  const auto wav = parts_.recordings / detail->call.recording;
  if (format == api::RecordingFormat::wav) co_return wav;
  if (detail->call.state != "ended") co_return refuse(409, "MP3 is made when the call has ended.");

  auto mp3 = wav;
  mp3.replace_extension(".mp3");
  std::string trouble;
  std::move_only_function<void()> encode = [&wav, &mp3, &trouble] {
    std::error_code error;
    if (std::filesystem::exists(mp3, error)) return;
    auto part = mp3;  // another request may be at it: each writes its own, the last rename wins
    part += "." + std::to_string(::getpid()) + "." + std::to_string(reinterpret_cast<std::uintptr_t>(&part)) + ".part";
    if (const auto made = audio::mp3::encode_wav(wav, part); !made) {
      trouble = audio::mp3::to_string(made.error());
      std::filesystem::remove(part, error);
      return;
    }
    std::filesystem::rename(part, mp3, error);
    if (error) trouble = error.message();
  };
  if (!co_await net::run_in(parts_.files, std::move(encode))) co_return busy();
  if (!trouble.empty()) co_return refuse(404, "The recording cannot be read: " + trouble);
  co_return mp3;
}

}  // namespace parley::app
