// SPDX-License-Identifier: Apache-2.0
// Copies stored elements one by one into the type that is computed with.
#include "data/formats/element_values.h"

#include "data/core/error.h"

#include <bit>
#include <cstring>

namespace lorasweep {
namespace {

static_assert(std::endian::native == std::endian::little,
              "weight files are read in place: a little-endian machine is needed");

template <typename Stored, typename Convert>
auto convert(std::span<const std::byte> bytes, Convert one) {
  std::vector<decltype(one(Stored{}))> values(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Stored stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    values[i] = one(stored);
  }
  return values;
}

}  // namespace

std::vector<float> to_f32(std::span<const std::byte> bytes, DType type, const std::string& where) {
  switch (type) {
    case DType::f16: return convert<std::uint16_t>(bytes, f16_to_f32);
    case DType::bf16: return convert<std::uint16_t>(bytes, bf16_to_f32);
    case DType::f32: return convert<float>(bytes, [](float v) { return v; });
    case DType::f64: return convert<double>(bytes, [](double v) { return static_cast<float>(v); });
    default:
      throw InputError(where,
                       std::string("has elements of type ") + name_of(type) + ", weights must be f16, bf16, f32 or f64",
                       "convert the file, or use another");
  }
}

std::vector<std::int64_t> to_i64(std::span<const std::byte> bytes, DType type, const std::string& where) {
  switch (type) {
    case DType::i32: return convert<std::int32_t>(bytes, [](std::int32_t v) { return std::int64_t{v}; });
    case DType::i64: return convert<std::int64_t>(bytes, [](std::int64_t v) { return v; });
    default:
      throw InputError(where, std::string("has elements of type ") + name_of(type) + ", not 32- or 64-bit integers");
  }
}

}  // namespace lorasweep
