// SPDX-License-Identifier: Apache-2.0
// Philox4x32-10 and the distributions on top of it.
#include "data/random/counter_random.h"

#include <cmath>
#include <numbers>

namespace lorasweep {
namespace {

constexpr int rounds = 10;

constexpr std::uint32_t low_word(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
constexpr std::uint32_t high_word(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t first = std::uint64_t{0xd2511f53u} * counter[0];
    const std::uint64_t second = std::uint64_t{0xcd9e8d57u} * counter[2];
    counter = {high_word(second) ^ counter[1] ^ key[0], low_word(second), high_word(first) ^ counter[3] ^ key[1],
               low_word(first)};
    key[0] += 0x9e3779b9u;
    key[1] += 0xbb67ae85u;
  }
  return counter;
}

CounterRandom::CounterRandom(std::uint64_t key, std::uint64_t stream) : key_(key), stream_(stream) {}

void CounterRandom::refill() {
  block_ = philox4x32_10({low_word(counter_), high_word(counter_), low_word(stream_), high_word(stream_)},
                         {low_word(key_), high_word(key_)});
  ++counter_;
  used_ = 0;
}

std::uint32_t CounterRandom::next_u32() {
  if (used_ == 4) refill();
  return block_[used_++];
}

double CounterRandom::uniform() {
  const std::uint32_t high = next_u32() >> 5, low = next_u32() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double CounterRandom::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));  // 1 - u lies in (0, 1]: no logarithm of zero
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

}  // namespace lorasweep
