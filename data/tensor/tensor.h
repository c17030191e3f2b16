// SPDX-License-Identifier: Apache-2.0
// Tensors as they lie in files, and as the program holds them on the host: f32, row-major.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// Element types of weight files. Those that can be loaded as weights: f16, bf16, f32, f64.
enum class DType { boolean, u8, i8, u16, i16, u32, i32, u64, i64, f8, f16, bf16, f32, f64, other };

/// Bits of one element; 0 for `other`.
int bits_of(DType type);
const char* name_of(DType type);

/// What a file's table says of one tensor.
struct TensorInfo {
  std::string name;
  DType dtype = DType::other;
  std::vector<std::int64_t> shape;
};

/// A tensor on the host. values.size() is the product of shape.
struct Tensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// "[8, 96]"
std::string describe_shape(const std::vector<std::int64_t>& shape);

/// Product of the shape; throws std::overflow_error where it does not fit, std::invalid_argument on a
/// negative extent.
std::uint64_t element_count(const std::vector<std::int64_t>& shape);

/// No NaN, no infinity.
bool all_finite(std::span<const float> values);

float bf16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_bf16(float value);  ///< round to nearest even; NaN stays NaN
float f16_to_f32(std::uint16_t bits);

}  // namespace lorasweep
