#include "protocol/rtp/quality.hpp"

#include <algorithm>

namespace parley::rtp {

double transmission_rating(const QualityInput& input) {
  const Duration one_way = input.round_trip / 2 + 2 * input.jitter + input.packet_time;
  const double delay_ms = std::chrono::duration<double, std::milli>(std::clamp<Duration>(one_way, 0s, 10s)).count();
  // Talkers begin to cut into each other from 177 ms on.
  const double delay_impairment = 0.024 * delay_ms + (delay_ms > 177.3 ? 0.11 * (delay_ms - 177.3) : 0);
  const double loss_percent = 100 * std::clamp(input.loss, 0.0, 1.0);
  const double equipment = input.codec.equipment +
                           (95 - input.codec.equipment) * loss_percent / (loss_percent + input.codec.loss_robustness);
  return std::clamp(93.2 - delay_impairment - equipment, 0.0, 100.0);
}

double mos(double rating) {
  if (rating <= 0) return 1;
  if (rating >= 100) return 4.5;
  // The cubic dips below 1 for very small ratings.
  return std::max(1.0, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}

}  // namespace parley::rtp
