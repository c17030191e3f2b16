// SPDX-License-Identifier: Apache-2.0
// Which instructions the CPU engine computes with.
#pragma once

#include <cstdint>
#include <string_view>

namespace lorasweep {

/// Each has all of those before it. `avx512`: F, BW, DQ, VL, CD; `avx512_bf16`: products of bf16, too.
enum class InstructionSet : std::uint8_t { portable, avx2, avx512, avx512_bf16 };

/// portable, avx2, avx512, avx512_bf16; ConfigError for another name.
InstructionSet instruction_set_named(std::string_view name);

/// The best that this processor runs.
InstructionSet processor_instruction_set();

/// What is computed with: the best that this processor runs, but no better than what the environment variable
/// LORASWEEP_MAX_ISA names. So one machine can be tested like older ones. ConfigError for an unknown name.
InstructionSet instruction_set();

}  // namespace lorasweep
