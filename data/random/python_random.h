// SPDX-License-Identifier: Apache-2.0
// CPython's random module, bit for bit: what the reference draws with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace lorasweep {

/// random.Random(seed) of CPython 3.11 for a non-negative integer seed below 2^32 (MT19937, init_by_array).
class PythonRandom {
 public:
  explicit PythonRandom(std::uint32_t seed);

  std::uint32_t next_u32();              ///< getrandbits(32)
  std::uint64_t below(std::uint64_t n);  ///< _randbelow(n), n >= 1
  double uniform();                      ///< random()
  /// random.sample(range(n), k): k distinct indices in drawn order. Throws std::invalid_argument if k > n.
  std::vector<int> sample(int n, int k);
  /// random.shuffle(x)
  template <typename T>
  void shuffle(std::vector<T>& x) {
    for (std::size_t i = x.size(); i-- > 1;) std::swap(x[i], x[below(i + 1)]);
  }

 private:
  std::uint32_t state_[624];
  int index_ = 624;
};

}  // namespace lorasweep
