// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: a pure function of key and position, so that nothing depends on who drew before.
#pragma once

#include <cstdint>

namespace lorasweep {

/// Philox4x32-10 (Salmon et al., SC'11). Equal (key, stream) give equal numbers on every machine.
class CounterRandom {
 public:
  CounterRandom(std::uint64_t key, std::uint64_t stream);

  std::uint32_t next_u32();
  double uniform();  ///< [0, 1), 53 bits
  double normal();   ///< standard normal, Box-Muller over two uniforms

 private:
  void refill();
  std::uint64_t key_, stream_, counter_ = 0;
  std::uint32_t block_[4] = {};
  int used_ = 4;
  bool has_spare_ = false;
  double spare_ = 0;
};

}  // namespace lorasweep
