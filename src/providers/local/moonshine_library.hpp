// libmoonshine's C interface (version 20000), opened at run time: the program starts without it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"

namespace parley::providers::local {

/// The library's functions. Opened once and never closed: its runtime has threads of its own.
class MoonshineLibrary {
 public:
  static Result<std::shared_ptr<const MoonshineLibrary>, std::string> open(const std::filesystem::path& file);

  struct Option {
    const char* name;
    const char* value;
  };
  struct Line {
    const char* text;
    const float* audio;
    std::size_t audio_samples;
    float start_s, duration_s;
    std::uint64_t id;
    std::int8_t complete, updated, is_new, text_changed, speakers_changed;
    const void* speakers;
    std::uint64_t speaker_count;
    std::uint32_t latency_ms;
    const void* words;
    std::uint64_t word_count;
  };
  static_assert(sizeof(Line) == 88);  // the library's arrays have this stride
  struct Transcript {
    const Line* lines;
    std::uint64_t line_count;
  };

  std::int32_t (*load)(const char* folder, std::uint32_t architecture, const Option* options, std::uint64_t count,
                       std::int32_t version) = nullptr;
  std::int32_t (*transcribe)(std::int32_t handle, float* samples, std::uint64_t count, std::int32_t rate_hz,
                             std::uint32_t flags, Transcript** out) = nullptr;
  void (*free)(std::int32_t handle) = nullptr;
  const char* (*error_text)(std::int32_t error) = nullptr;
};

/// One loaded model. For one thread at a time.
class MoonshineTranscriber {
 public:
  /// Takes a quarter of a second. `weights` is the directory of the three files of tiny-en.
  static Result<std::unique_ptr<MoonshineTranscriber>, std::string> load(
      std::shared_ptr<const MoonshineLibrary> library, const std::filesystem::path& weights);
  ~MoonshineTranscriber();
  MoonshineTranscriber(const MoonshineTranscriber&) = delete;
  MoonshineTranscriber& operator=(const MoonshineTranscriber&) = delete;

  /// 16 kHz. The lines that the library found, joined.
  Result<std::string, std::string> transcribe(std::span<const std::int16_t> samples);

 private:
  MoonshineTranscriber(std::shared_ptr<const MoonshineLibrary> library, std::int32_t handle)
      : library_{std::move(library)}, handle_{handle} {}

  std::shared_ptr<const MoonshineLibrary> library_;
  std::int32_t handle_;
};

}  // namespace parley::providers::local
