// SPDX-License-Identifier: Apache-2.0
// MT19937 and the draws on top of it as CPython 3.11 makes them.
#include "data/random/python_random.h"

#include <bit>
#include <numeric>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

namespace lorasweep {
namespace {

constexpr int state_words = 624;
constexpr int state_offset = 397;

std::uint32_t twist(std::uint32_t high, std::uint32_t low, std::uint32_t across) {
  const std::uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
  return across ^ (mixed >> 1) ^ ((mixed & 1u) != 0 ? 0x9908b0dfu : 0u);
}

std::uint32_t scramble(std::uint32_t previous) { return previous ^ (previous >> 30); }

/// Up to this population random.sample shuffles a list of it; beyond, it remembers what it has drawn: the
/// bound is the memory that a CPython set of k entries takes, 21 + 4^ceil(log4(3k)), and part of the result,
/// because the two ways draw differently.
std::int64_t largest_pool(int k) {
  std::int64_t bound = 21;
  if (k > 5) {
    std::int64_t power = 1;
    while (power < 3 * std::int64_t{k}) power *= 4;
    bound += power;
  }
  return bound;
}

}  // namespace

// CPython seeds with init_by_array over the 32-bit words of the integer, here one word; std::mt19937(seed) is
// another generator.
PythonRandom::PythonRandom(std::uint32_t seed) {
  state_[0] = 19650218u;
  for (std::uint32_t i = 1; i < state_words; ++i) state_[i] = 1812433253u * scramble(state_[i - 1]) + i;

  std::uint32_t i = 1;
  const auto advance = [&] {
    if (++i == state_words) {
      state_[0] = state_[state_words - 1];
      i = 1;
    }
  };
  for (int round = 0; round < state_words; ++round, advance())
    state_[i] = (state_[i] ^ (scramble(state_[i - 1]) * 1664525u)) + seed;
  for (int round = 0; round < state_words - 1; ++round, advance())
    state_[i] = (state_[i] ^ (scramble(state_[i - 1]) * 1566083941u)) - i;
  state_[0] = 0x80000000u;
}

std::uint32_t PythonRandom::next_u32() {
  if (index_ == state_words) {
    for (int i = 0; i < state_words; ++i)
      state_[i] = twist(state_[i], state_[(i + 1) % state_words], state_[(i + state_offset) % state_words]);
    index_ = 0;
  }
  std::uint32_t word = state_[index_++];
  word ^= word >> 11;
  word ^= (word << 7) & 0x9d2c5680u;
  word ^= (word << 15) & 0xefc60000u;
  return word ^ (word >> 18);
}

std::uint64_t PythonRandom::below(std::uint64_t n) {
  if (n == 0) throw std::invalid_argument("PythonRandom::below: nothing lies below 0");
  const int bits = static_cast<int>(std::bit_width(n));
  const auto getrandbits = [&]() -> std::uint64_t {
    if (bits <= 32) return next_u32() >> (32 - bits);
    const std::uint64_t low = next_u32();
    return low | std::uint64_t{next_u32() >> (64 - bits)} << 32;
  };
  std::uint64_t drawn = getrandbits();
  while (drawn >= n) drawn = getrandbits();
  return drawn;
}

double PythonRandom::uniform() {
  const std::uint32_t high = next_u32() >> 5, low = next_u32() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

std::vector<int> PythonRandom::sample(int n, int k) {
  if (k < 0 || k > n)
    throw std::invalid_argument("PythonRandom::sample: cannot draw " + std::to_string(k) + " of " + std::to_string(n));
  std::vector<int> drawn;
  drawn.reserve(k);
  if (n <= largest_pool(k)) {
    std::vector<int> pool(n);
    std::iota(pool.begin(), pool.end(), 0);
    for (int left = n; left > n - k; --left) {
      const std::uint64_t at = below(left);
      drawn.push_back(pool[at]);
      pool[at] = pool[left - 1];
    }
    return drawn;
  }
  std::unordered_set<int> seen;
  while (std::cmp_less(drawn.size(), k)) {
    const int index = static_cast<int>(below(n));
    if (seen.insert(index).second) drawn.push_back(index);
  }
  return drawn;
}

}  // namespace lorasweep
