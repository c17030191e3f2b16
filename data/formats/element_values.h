// SPDX-License-Identifier: Apache-2.0
// Reads little-endian bytes of a file as values.
#pragma once

#include "data/tensor/tensor.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// f16, bf16, f32 and f64 as f32; InputError naming `where` for other types.
std::vector<float> to_f32(std::span<const std::byte> bytes, DType type, const std::string& where);

/// i32 and i64; InputError naming `where` for other types.
std::vector<std::int64_t> to_i64(std::span<const std::byte> bytes, DType type, const std::string& where);

}  // namespace lorasweep
