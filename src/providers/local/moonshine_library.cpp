#include "providers/local/moonshine_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace parley::providers::local {

namespace {

constexpr std::int32_t version = 20'000;
constexpr std::uint32_t architecture_tiny = 0;
constexpr std::int32_t rate_hz = 16'000;
constexpr std::size_t shortest = rate_hz / 10;  // less is padded with silence: the encoder needs some frames

template <class Function>
bool resolve(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

}  // namespace

Result<std::shared_ptr<const MoonshineLibrary>, std::string> MoonshineLibrary::open(const std::filesystem::path& file) {
  // RTLD_LOCAL, because it brings an ONNX Runtime of its own, older than the one others may use.
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return std::unexpected(fmt::format("{} cannot be opened: {}", file.string(), ::dlerror()));

  auto library = std::make_shared<MoonshineLibrary>();
  std::int32_t (*library_version)() = nullptr;
  const bool whole = resolve(handle, "moonshine_get_version", library_version) &&
                     resolve(handle, "moonshine_load_transcriber_from_files", library->load) &&
                     resolve(handle, "moonshine_transcribe_without_streaming", library->transcribe) &&
                     resolve(handle, "moonshine_free_transcriber", library->free) &&
                     resolve(handle, "moonshine_error_to_string", library->error_text);
  if (!whole) return std::unexpected(fmt::format("{} is not libmoonshine", file.string()));
  // The structs above are this version's; another may lay them out differently.
  if (library_version() != version)
    return std::unexpected(fmt::format("{} has version {}, needed is {}", file.string(), library_version(), version));
  return library;
}

Result<std::unique_ptr<MoonshineTranscriber>, std::string> MoonshineTranscriber::load(
    std::shared_ptr<const MoonshineLibrary> library, const std::filesystem::path& weights) {
  // Where speech is has been decided before; the library's own segmentation adds spurious lines.
  const MoonshineLibrary::Option options[] = {{"vad_threshold", "0"}};
  const std::int32_t handle = library->load(weights.c_str(), architecture_tiny, options, std::size(options), version);
  if (handle < 0)
    return std::unexpected(fmt::format("{} cannot be loaded: {}", weights.string(), library->error_text(handle)));
  return std::unique_ptr<MoonshineTranscriber>{new MoonshineTranscriber{std::move(library), handle}};
}

MoonshineTranscriber::~MoonshineTranscriber() { library_->free(handle_); }

Result<std::string, std::string> MoonshineTranscriber::transcribe(std::span<const std::int16_t> samples) {
  std::vector<float> pcm(std::max(samples.size(), shortest));
  std::transform(samples.begin(), samples.end(), pcm.begin(),
                 [](std::int16_t sample) { return static_cast<float>(sample) / 32768.0f; });
  MoonshineLibrary::Transcript* transcript = nullptr;
  const std::int32_t error = library_->transcribe(handle_, pcm.data(), pcm.size(), rate_hz, 0, &transcript);
  if (error != 0 || transcript == nullptr) return std::unexpected(std::string{library_->error_text(error)});

  std::string text;
  for (const auto& line : std::span{transcript->lines, transcript->line_count}) {
    if (line.text == nullptr || *line.text == '\0') continue;
    if (!text.empty()) text += ' ';
    text += line.text;
  }
  return text;
}

}  // namespace parley::providers::local
