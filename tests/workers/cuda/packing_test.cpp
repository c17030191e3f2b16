// SPDX-License-Identifier: Apache-2.0
#include "workers/cuda/packing.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <vector>

namespace lorasweep {
namespace {

TEST(CudaPacking, KeepsRowsAndPadsThemWithZerosTo16Bytes) {
  for (const auto& [in, padded_f32, padded_bf16] : {std::tuple{64, 64, 64}, {30, 32, 32}, {5, 8, 8}, {1, 4, 8}}) {
    std::vector<float> weight;
    for (int i = 0; i < 3 * in; ++i) weight.push_back(static_cast<float>(i + 1));  // exact in bf16 up to 256
    for (const auto& [element, padded] : {std::pair{Element::f32, padded_f32}, {Element::bf16, padded_bf16}}) {
      const CudaPacking packing(element);
      ASSERT_EQ(packing.packed_bytes(in, 3), static_cast<std::size_t>(3 * padded * bytes_of(element)));
      std::vector<std::byte> packed(packing.packed_bytes(in, 3), std::byte{0xff});
      packing.pack(packed.data(), weight.data(), in, 3);
      for (int row = 0; row < 3; ++row)
        for (int i = 0; i < padded; ++i) {
          float value = 0;
          if (element == Element::f32) {
            std::memcpy(&value, packed.data() + (row * padded + i) * 4, 4);
          } else {
            std::uint16_t half = 0;
            std::memcpy(&half, packed.data() + (row * padded + i) * 2, 2);
            value = std::bit_cast<float>(static_cast<std::uint32_t>(half) << 16);
          }
          ASSERT_EQ(value, i < in ? weight[static_cast<std::size_t>(row) * in + i] : 0.0f)
              << in << " row " << row << " element " << i;
        }
    }
  }
}

TEST(CudaPacking, RoundsToTheNearestBf16AndTiesToEven) {
  const std::vector<float> weight = {1.0f + 1.0f / 256,                 // half-way, down to even
                                     1.0f + 3.0f / 256,                 // half-way, up to even
                                     1.0f + 1.0f / 256 + 1.0f / 65536,  // above half-way
                                     -0.0f,
                                     3.0e38f,
                                     std::numeric_limits<float>::max(),
                                     std::numeric_limits<float>::infinity(),
                                     std::numeric_limits<float>::quiet_NaN()};
  const std::uint16_t expected[] = {0x3f80, 0x3f82, 0x3f81, 0x8000, 0x7f62, 0x7f80, 0x7f80};
  std::vector<std::uint16_t> packed(8);
  CudaPacking(Element::bf16).pack(reinterpret_cast<std::byte*>(packed.data()), weight.data(), 8, 1);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(packed[i], expected[i]) << weight[i];
  EXPECT_EQ(packed[7] & 0x7f80, 0x7f80);
  EXPECT_NE(packed[7] & 0x007f, 0) << "a NaN stays one";
}

}  // namespace
}  // namespace lorasweep
