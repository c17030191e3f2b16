// SPDX-License-Identifier: Apache-2.0
// Asks the processor, then the environment variable that may allow less.
#include "workers/cpu/instruction_set.h"

#include "data/core/error.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>

namespace lorasweep {

InstructionSet instruction_set_named(std::string_view name) {
  constexpr std::array names{std::pair(std::string_view("portable"), InstructionSet::portable),
                             std::pair(std::string_view("avx2"), InstructionSet::avx2),
                             std::pair(std::string_view("avx512"), InstructionSet::avx512),
                             std::pair(std::string_view("avx512_bf16"), InstructionSet::avx512_bf16)};
  for (const auto& [known, set] : names)
    if (name == known) return set;
  throw ConfigError("LORASWEEP_MAX_ISA", "names no instruction set: " + std::string(name),
                    "use portable, avx2, avx512 or avx512_bf16, or unset it");
}

InstructionSet processor_instruction_set() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512cd");
  if (avx512 && __builtin_cpu_supports("avx512bf16")) return InstructionSet::avx512_bf16;
  if (avx512) return InstructionSet::avx512;
  if (avx2) return InstructionSet::avx2;
#endif
  return InstructionSet::portable;
}

InstructionSet instruction_set() {
  static const InstructionSet chosen = [] {
    const char* limit = std::getenv("LORASWEEP_MAX_ISA");
    const InstructionSet best = processor_instruction_set();
    return limit == nullptr || *limit == '\0' ? best : std::min(best, instruction_set_named(limit));
  }();
  return chosen;
}

}  // namespace lorasweep
