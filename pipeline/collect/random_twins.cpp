// SPDX-License-Identifier: Apache-2.0
// Scales counter-based normal numbers to a factor's norm.
#include "pipeline/collect/random_twins.h"

#include "data/random/counter_random.h"

#include <cmath>
#include <span>
#include <string>

namespace lorasweep {
namespace {

double norm(std::span<const float> values) {
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(squares);
}

std::uint64_t stream_of(const AdapterSite& site) { return 2 * static_cast<std::uint64_t>(site.site); }

}  // namespace

Tensor random_like(const Tensor& factor, std::uint64_t key, std::uint64_t stream) {
  Tensor twin{factor.shape, std::vector<float>(factor.values.size(), 0.0f)};
  const double wanted = norm(factor.values);
  if (wanted == 0) return twin;
  CounterRandom random(key, stream);
  for (float& value : twin.values) value = static_cast<float>(random.normal());
  const double scale = wanted / norm(twin.values);
  for (float& value : twin.values) value = static_cast<float>(value * scale);
  return twin;
}

AdapterValues twin_of(const Adapter& adapter) {
  const std::uint64_t key = std::stoull(adapter.digest().substr(0, 16), nullptr, 16);
  return {.read_a =
              [&adapter, key](int, int i) {
                const AdapterSite& site = adapter.sites()[i];
                return random_like(adapter.read_a(site), key, stream_of(site));
              },
          .read_b =
              [&adapter, key](int, int i) {
                const AdapterSite& site = adapter.sites()[i];
                return random_like(adapter.read_b(site), key, stream_of(site) + 1);
              }};
}

}  // namespace lorasweep
