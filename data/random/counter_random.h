// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: a pure function of key and position, so that nothing depends on who drew
// before.
#pragma once

#include <array>
#include <cstdint>

namespace lorasweep {

/// One block of Philox4x32-10 (Salmon et al., SC'11), words in the order of the paper.
std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// Philox4x32-10 as a sequence. Equal (key, stream) give equal numbers on every machine; `normal` alone also
/// depends on the C library's log, sin and cos.
class CounterRandom {
 public:
  CounterRandom(std::uint64_t key, std::uint64_t stream);

  std::uint32_t next_u32();
  double uniform();  ///< [0, 1), 53 bits
  double normal();   ///< standard normal, Box-Muller over two uniforms

 private:
  void refill();
  std::uint64_t key_, stream_, counter_ = 0;
  std::array<std::uint32_t, 4> block_ = {};
  int used_ = 4;
  bool has_spare_ = false;
  double spare_ = 0;
};

}  // namespace lorasweep
