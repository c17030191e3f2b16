// SPDX-License-Identifier: Apache-2.0
// The promise that resuming and merging stand on, at the model's real shapes: a row of a product has the same bits
// whatever the number of rows beside it.
#include "tests/workers/cuda/model_maps.h"
#include "workers/cuda/cuda_devices.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace lorasweep {
namespace {

class RowBits : public testing::TestWithParam<std::tuple<ModelMap, Element>> {
 protected:
  void SetUp() override {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device here";
  }
};

// Every number up to 512; beyond, every one where that takes seconds, and else every 13th, which meets every remainder
// of every tile's height.
std::vector<std::int64_t> numbers_of_rows(const ModelMap& map, Element element, std::int64_t most) {
  const std::int64_t step = element == Element::bf16 && map.out < 30000 ? 1 : 13;
  std::vector<std::int64_t> numbers;
  for (std::int64_t n = 1; n < most; n += n < 512 ? 1 : step) numbers.push_back(n);
  return numbers;
}

TEST_P(RowBits, AreThoseOfAllRowsTogetherForEveryNumberOfRows) {
  const auto& [map, element] = GetParam();
  const auto device = Device::open(0);
  ModelProduct product(device, map, element);
  ASSERT_GT(product.rows, 1);
  CudaMatmul library;
  const auto multiply = [&](View y, View x) {
    return library.product(*device, product.y_of(y), product.x_of(x), product.projection, Accumulate::no,
                           product.steps);
  };
  ASSERT_EQ(multiply(product.whole, product.x), product.rows) << "no algorithm of the library serves this map";
  const std::vector<std::int64_t> numbers = numbers_of_rows(map, element, product.rows);
  BitComparison bits(*device, static_cast<int>(numbers.size()));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::int64_t count = numbers[i], first = count * 37 % (product.rows - count + 1);
    const View part = product.part.row_range(0, count);
    ASSERT_EQ(multiply(part, product.x.row_range(first, count)), count);
    bits.compare(part, product.whole.row_range(first, count), static_cast<int>(i));
  }
  std::string wrong;
  for (const int place : bits.differing()) wrong += " " + std::to_string(numbers[static_cast<std::size_t>(place)]);
  EXPECT_EQ(wrong, "") << "numbers of rows with other bits, of " << numbers.size() << " tried";
}

constexpr auto name_of_case = [](const auto& param) {
  return map_name(std::get<0>(param.param), std::get<1>(param.param));
};
INSTANTIATE_TEST_SUITE_P(CudaMaps, RowBits,
                         testing::Combine(testing::ValuesIn(model_maps), testing::Values(Element::bf16, Element::f32)),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(CudaMapsOfDecoderOnlyModels, RowBits,
                         testing::Combine(testing::ValuesIn(causal_maps), testing::Values(Element::bf16, Element::f32)),
                         name_of_case);

}  // namespace
}  // namespace lorasweep
