#include "providers/local/flite.hpp"

#include <flite/flite.h>

#include <mutex>

#include "providers/local/spoken_text.hpp"

extern "C" cst_voice* register_cmu_us_slt(const char* directory);

namespace parley::providers::local {

namespace {

std::mutex& flite_mutex() {
  static std::mutex mutex;
  return mutex;
}

class Flite final : public Voice {
 public:
  Flite() {
    const std::scoped_lock lock{flite_mutex()};
    static cst_voice* const slt = (flite_init(), register_cmu_us_slt(nullptr));
    voice_ = slt;
  }

  std::uint32_t rate_hz() const override { return 16'000; }

  Result<std::vector<std::int16_t>, std::string> render(std::string_view text) override {
    const std::string plain = spoken_text(text);
    if (plain.empty()) return std::vector<std::int16_t>{};

    const std::scoped_lock lock{flite_mutex()};
    const std::unique_ptr<cst_wave, void (*)(cst_wave*)> wave{flite_text_to_wave(plain.c_str(), voice_), delete_wave};
    if (wave == nullptr || wave->num_samples < 0) return std::unexpected("flite rendered nothing");
    if (wave->num_channels != 1 || wave->sample_rate != static_cast<int>(rate_hz()))
      return std::unexpected("flite rendered an unexpected format");
    return std::vector<std::int16_t>(wave->samples, wave->samples + wave->num_samples);
  }

 private:
  cst_voice* voice_;  // belongs to flite
};

}  // namespace

std::shared_ptr<Voice> flite_voice() { return std::make_shared<Flite>(); }

}  // namespace parley::providers::local
