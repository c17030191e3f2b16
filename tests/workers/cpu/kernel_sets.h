// SPDX-License-Identifier: Apache-2.0
// A test for the kernels of every instruction set that this processor has.
#pragma once

#include "workers/cpu/kernels.h"

#include <gtest/gtest.h>

#include <cctype>
#include <random>
#include <string>
#include <vector>

namespace lorasweep {

inline std::vector<float> random_floats(std::size_t n, unsigned seed, float scale = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

// Every set that this processor runs, whatever the environment allows.
inline std::vector<const Kernels*> all_kernels() {
  std::vector<const Kernels*> all;
  for (const InstructionSet set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512})
    if (set <= processor_instruction_set()) all.push_back(&kernels_for(set));
  return all;
}

inline std::string identifier(std::string name) {
  std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
  return name;
}

class KernelSet : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& k = *GetParam();
};

}  // namespace lorasweep
