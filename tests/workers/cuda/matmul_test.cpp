// SPDX-License-Identifier: Apache-2.0
// What the engine does where the library of products refuses: on the device that stands in for a GPU, whose library can
// be told to.
#include "workers/cuda/cuda_ops.h"

#include <cublasLt.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace lorasweep {
namespace {

class Matmul : public testing::TestWithParam<Element> {
 protected:
  static constexpr int in = 64, out = 48, rows = 20;
  void SetUp() override {
    for (int i = 0; i < in * out; ++i) weight.push_back(static_cast<float>(i % 7 - 3));
    image = ops.allocate(ops.packed_bytes(in, out));
    std::vector<std::byte> packed(ops.packed_bytes(in, out));
    ops.pack(packed.data(), weight.data(), in, out);
    const auto words = static_cast<std::int64_t>(packed.size() / sizeof(float));
    ops.upload({image.get(), Element::f32, 1, words, words}, packed.data());
    memory = ops.allocate(std::size_t{1} << 20);
    const View f32{memory.get(), Element::f32, rows, in, in};
    std::vector<float> values;
    for (int i = 0; i < rows * in; ++i) values.push_back(static_cast<float>(i % 5 - 2));
    ops.upload(f32, values.data());
    x = {memory.get() + (1 << 18), GetParam(), rows, in, in};
    if (GetParam() == Element::f32)
      x = f32;
    else
      ops.activate(x, f32, Activation::relu);  // the only op that makes bf16 of f32
    for (int r = 0; r < rows; ++r)
      for (int o = 0; o < out; ++o) {
        float sum = 0;
        for (int i = 0; i < in; ++i) {
          const float own = values[static_cast<std::size_t>(r) * in + i];
          sum +=
              (GetParam() == Element::f32 ? own : std::max(own, 0.0f)) * weight[static_cast<std::size_t>(o) * in + i];
        }
        expected.push_back(sum);  // small integers: exact in any order
      }
  }
  void TearDown() override {
    cuda_on_host::refused_rows = 0;
    cuda_on_host::failing_questions = 0;
  }
  Projection map() const { return {image.get(), in, out}; }
  View y(std::int64_t stride = out) const { return {memory.get() + (1 << 19), Element::f32, rows, out, stride}; }
  void expect_the_product(View y, float times = 1) {
    for (std::int64_t r = 0; r < y.rows; ++r) {
      std::vector<float> got(out);
      ops.download(got.data(), y.row_range(r, 1));
      ops.wait_all();
      for (int o = 0; o < out; ++o)
        ASSERT_EQ(got[o], times * expected[static_cast<std::size_t>(r) * out + o]) << r << ", " << o;
    }
  }

  CudaOps ops{{.activation = GetParam()}};
  std::vector<float> weight, expected;
  std::shared_ptr<std::byte> image, memory;
  View x;
};

TEST_P(Matmul, AnAlgorithmIsAskedForAtEveryDistanceOfRows) {
  for (const std::int64_t stride : {out, 2 * out, 3 * out}) {
    ops.linear(y(stride), x, map(), Accumulate::no);
    expect_the_product(y(stride));
  }
  EXPECT_EQ(ops.counters()->refused_products, 0u) << "the library serves all of them, asked with the right distance";
}

TEST_P(Matmul, AProductThatTheLibraryRefusesIsDoneWithoutIt) {
  ops.linear(y(), x, map(), Accumulate::no);
  EXPECT_EQ(ops.counters()->refused_products, 0u);
  cuda_on_host::refused_rows = rows;
  ops.linear(y(), x, map(), Accumulate::yes);
  expect_the_product(y(), 2);
  EXPECT_EQ(ops.counters()->refused_products, 1u);
  cuda_on_host::refused_rows = 0;
  ops.linear(y(), x, map(), Accumulate::yes);
  expect_the_product(y(), 3);
  EXPECT_EQ(ops.counters()->refused_products, 1u) << "this map is left to the engine's own kernels from then on";
}

TEST_P(Matmul, AFailedQuestionIsAskedAgain) {
  cuda_on_host::failing_questions = 1;
  EXPECT_THROW(ops.linear(y(), x, map(), Accumulate::no), DeviceLost);
  ops.linear(y(), x, map(), Accumulate::no);
  expect_the_product(y());
  const std::uint64_t launches = ops.counters()->launches;
  cuda_on_host::refused_rows = rows;  // it is the library that did it, or this would change nothing
  ops.linear(y(), x, map(), Accumulate::no);
  EXPECT_EQ(ops.counters()->refused_products, 1u);
  EXPECT_EQ(ops.counters()->launches, launches + 1);
}

INSTANTIATE_TEST_SUITE_P(Elements, Matmul, testing::Values(Element::f32, Element::bf16), [](const auto& param) {
  return param.param == Element::f32 ? std::string("f32") : std::string("bf16");
});

}  // namespace
}  // namespace lorasweep
