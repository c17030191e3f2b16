// SPDX-License-Identifier: Apache-2.0
// What the tests of all devices' ops share: a device and element by parameter, matrices on both sides.
#pragma once

#include "workers/device/make_ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace lorasweep {

inline float round_to_bf16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u);
}

/// On the host, always in f32.
struct Matrix {
  Matrix(std::int64_t r, std::int64_t c) : rows(r), cols(c), values(static_cast<std::size_t>(r * c)) {}
  Matrix(std::int64_t r, std::int64_t c, unsigned seed, float scale = 1) : Matrix(r, c) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, scale);
    for (float& value : values) value = normal(random);
  }
  float& at(std::int64_t r, std::int64_t c) { return values[static_cast<std::size_t>(r * cols + c)]; }
  float at(std::int64_t r, std::int64_t c) const { return values[static_cast<std::size_t>(r * cols + c)]; }
  double d(std::int64_t r, std::int64_t c) const { return at(r, c); }
  std::int64_t rows, cols;
  std::vector<float> values;
};

inline Sequences packed(const std::vector<Index>& lengths) {
  Sequences sequences;
  for (const Index length : lengths) sequences.offsets.push_back(sequences.rows() + length);
  return sequences;
}

struct OpsParameter {
  DeviceKind kind;
  Element activation;
};

/// Why oneDNN has no bf16 here (it takes AVX-512), or nothing.
inline const std::string& missing_bf16() {
  static const std::string reason = [] {
    try {
      make_packing({.activation = Element::bf16})->packed_bytes(64, 64);
      return std::string();
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
  }();
  return reason;
}

class OpsTest : public testing::TestWithParam<OpsParameter> {
 protected:
  void SetUp() override {
    if (device_count(GetParam().kind) == 0) GTEST_SKIP() << "no CUDA device here";
    ops = make_ops({.activation = GetParam().activation, .threads = 2, .kind = GetParam().kind});
    if (GetParam().kind == DeviceKind::cpu && bf16() && !missing_bf16().empty())
      GTEST_SKIP() << "no products in bf16 on this processor: " << missing_bf16();
  }
  bool bf16() const { return GetParam().activation == Element::bf16; }
  Element activation() const { return GetParam().activation; }

  View empty(Element element, std::int64_t rows, std::int64_t cols) {
    View view{nullptr, element, rows, cols, cols};
    memory.push_back(ops->allocate(view.bytes()));
    view.data = memory.back().get();
    return view;
  }
  template <typename T>
  View put(Element element, const std::vector<T>& values) {
    const View view = empty(element, static_cast<std::int64_t>(values.size()), 1);
    ops->upload(view, values.data());
    return view;
  }
  View put(const Matrix& matrix, Element element = Element::f32) {
    const View view = empty(element, matrix.rows, matrix.cols);
    if (element == Element::f32) {
      ops->upload(view, matrix.values.data());
    } else {
      std::vector<std::uint16_t> narrow;
      for (const float value : matrix.values)
        narrow.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(round_to_bf16(value)) >> 16));
      ops->upload(view, narrow.data());
    }
    return view;
  }
  Matrix get(View view) {
    Matrix matrix(view.rows, view.cols);
    if (view.element == Element::f32) {
      ops->download(matrix.values.data(), view);
      ops->wait_all();
    } else {
      std::vector<std::uint16_t> narrow(matrix.values.size());
      ops->download(narrow.data(), view);
      ops->wait_all();
      for (std::size_t i = 0; i < narrow.size(); ++i)
        matrix.values[i] = std::bit_cast<float>(static_cast<std::uint32_t>(narrow[i]) << 16);
    }
    return matrix;
  }
  template <typename T>
  std::vector<T> get_vector(View view) {
    std::vector<T> values(static_cast<std::size_t>(view.rows * view.cols));
    ops->download(values.data(), view);
    ops->wait_all();
    return values;
  }
  /// The values as a product's input holds them.
  Matrix as_activation(Matrix matrix) const {
    if (bf16()) std::ranges::transform(matrix.values, matrix.values.begin(), round_to_bf16);
    return matrix;
  }
  /// An adapter at one site, and what its bypass is multiplied by.
  struct Weighted {
    Matrix a, b;  ///< [in, columns >= rank] and [rank, out]
    float weight = 1;
    std::int64_t column = 0;  ///< of y
  };
  /// A member whose adapters lie in the rows of a library, the last one first.
  LoraBlock in_place(Index begin, Index end, const std::vector<Weighted>& adapters) {
    std::int64_t stride = 0;
    for (const Weighted& one : adapters) stride = std::max(stride, one.a.rows * one.a.cols + one.b.rows * one.b.cols);
    Matrix library(std::ssize(adapters) + 1, stride);
    std::vector<std::int32_t> table;
    for (std::size_t i = 0; i < adapters.size(); ++i) {
      const auto row = static_cast<std::int32_t>(adapters.size() - i);
      std::ranges::copy(adapters[i].b.values, std::ranges::copy(adapters[i].a.values, &library.at(row, 0)).out);
      table.insert(table.end(), {row, std::bit_cast<std::int32_t>(adapters[i].weight)});
    }
    const View rows = put(library), chosen = put(Element::i32, table);
    LoraBlock block{begin, end, {}, stride};
    for (std::size_t i = 0; i < adapters.size(); ++i) {
      const auto& [a, b, weight, column] = adapters[i];
      block.segments.push_back(
          {{rows.data, Element::f32, a.rows, a.cols, a.cols},
           {{column, b.cols, 0, b.rows, {rows.f32() + a.rows * a.cols, Element::f32, b.rows, b.cols, b.cols}}},
           chosen.as<const WeightedRow>() + i});
    }
    return block;
  }
  Projection pack(const Matrix& weight) {
    const Index in = weight.cols, out = weight.rows;
    const std::size_t bytes = ops->packed_bytes(in, out);
    const std::shared_ptr<std::byte> image(new (std::align_val_t{64}) std::byte[bytes],
                                           [](std::byte* p) { ::operator delete[](p, std::align_val_t{64}); });
    ops->pack(image.get(), weight.values.data(), in, out);
    images.push_back(ops->adopt(image, bytes));
    return {images.back().get(), in, out};
  }

  std::unique_ptr<Ops> ops;
  std::vector<std::shared_ptr<std::byte>> memory;
  std::vector<std::shared_ptr<const std::byte>> images;
};

/// Whether a value is as near to the exact one as the tolerance allows, relative to 1 and to the value.
inline void expect_near(double got, double expected, double tolerance, const std::string& what) {
  ASSERT_NEAR(got, expected, tolerance * (1 + std::abs(expected))) << what;
}

inline std::string parameter_name(const testing::TestParamInfo<OpsParameter>& info) {
  return std::string(info.param.kind == DeviceKind::cpu ? "cpu_" : "cuda_") +
         (info.param.activation == Element::f32 ? "f32" : "bf16");
}

#define INSTANTIATE_FOR_ALL_DEVICES(suite)                                                                          \
  INSTANTIATE_TEST_SUITE_P(                                                                                         \
      AllDevices, suite,                                                                                            \
      testing::Values(OpsParameter{DeviceKind::cpu, Element::f32}, OpsParameter{DeviceKind::cpu, Element::bf16},    \
                      OpsParameter{DeviceKind::cuda, Element::f32}, OpsParameter{DeviceKind::cuda, Element::bf16}), \
      parameter_name)

}  // namespace lorasweep
