// SPDX-License-Identifier: Apache-2.0
// How long a record of repeated work is good, and that what a device would not record is counted.
#include "workers/cuda/cuda_devices.h"
#include "workers/cuda/cuda_ops.h"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

class Records : public testing::Test {
 protected:
  static constexpr std::int64_t size = 256;
  void SetUp() override {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device here";
    ops = std::make_unique<CudaOps>(CudaOptions{.activation = Element::f32});
    std::iota(values.begin(), values.end(), 1.0f);
    in = matrix();
    out = matrix();
    ops->upload(view(in), values.data());
  }
  std::shared_ptr<std::byte> matrix() { return ops->allocate(size * sizeof(float)); }
  static View view(const std::shared_ptr<std::byte>& memory) { return {memory.get(), Element::f32, 1, size, size}; }

  void twice(const std::string& key) {
    ops->repeat(key, [&] { ops->scale_copy(view(out), view(in), 2.0f); });
  }
  /// Afterwards it is recorded.
  void warm(const std::string& key) {
    twice(key);
    twice(key);
  }
  OpsCounters counters() const { return *ops->counters(); }
  void expect_twice(const std::string& what) {
    std::vector<float> got(size);
    ops->download(got.data(), view(out));
    ops->wait_all();
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], 2 * values[i]) << what;
  }

  std::unique_ptr<CudaOps> ops;
  std::vector<float> values = std::vector<float>(size);
  std::shared_ptr<std::byte> in, out;
};

TEST_F(Records, AreMadeAtTheSecondTimeAndReplayedFromThenOn) {
  for (int i = 0; i < 5; ++i) twice("a");
  EXPECT_EQ(counters().plain_runs, 1u);
  EXPECT_EQ(counters().records, 1u);
  EXPECT_EQ(counters().replays, 4u) << "the first time included";
  EXPECT_EQ(counters().launches, 1u) << "of the plain run";
  EXPECT_EQ(counters().replayed_launches, 4u);
  EXPECT_EQ(counters().refused_records, 0u);
  expect_twice("replayed");
}

TEST_F(Records, OutliveAllocationsAndTheReleaseOfWhatIsYounger) {
  warm("a");
  for (int round = 0; round < 3; ++round) {
    const auto cache = ops->allocate(1 << 20), grown = ops->allocate(1 << 21);  // gone at the end of the round
    twice("a");
  }
  twice("a");
  EXPECT_EQ(counters().plain_runs, 1u);
  EXPECT_EQ(counters().replays, 5u);
  expect_twice("after allocations");
}

TEST_F(Records, StartOverWhenMemoryThatTheyMayUseIsGivenBack) {
  warm("a");
  out = matrix();  // the old one goes
  twice("a");
  EXPECT_EQ(counters().plain_runs, 2u);
  expect_twice("the new place, plainly");
  twice("a");
  expect_twice("the new place, recorded");
  EXPECT_EQ(counters().records, 2u);
}

TEST_F(Records, StartOverWhenAnotherKeysIntermediateMatricesGrow) {
  constexpr std::int64_t d = 64, rank = 16, most = 2000;
  const auto memory = ops->allocate(static_cast<std::size_t>(most) * d * 2 * sizeof(float));
  const auto factors = ops->allocate(2 * d * rank * sizeof(float));
  float* at = reinterpret_cast<float*>(memory.get());
  const View x{at, Element::f32, most, d, d}, y{at + most * d, Element::f32, most, d, d},
      a{factors.get(), Element::f32, d, rank, rank},
      b{reinterpret_cast<float*>(factors.get()) + d * rank, Element::f32, rank, d, d};
  const std::vector<float> ones(most * d, 1.0f), small(2 * d * rank, 0.01f);
  ops->upload(x, ones.data());
  ops->upload({factors.get(), Element::f32, 1, 2 * d * rank, 2 * d * rank}, small.data());
  const auto bypass = [&](std::int32_t rows) {
    ops->repeat("bypass of " + std::to_string(rows), [&] {
      const std::vector<LoraBlock> blocks{
          {.row_begin = 0, .row_end = rows, .segments = {{a, {{.column = 0, .out = d, .rank = rank, .b = b}}}}}};
      ops->lora(y, x, blocks);
    });
  };
  bypass(100);
  bypass(100);
  bypass(most);  // needs more for t = x a
  bypass(most);
  EXPECT_EQ(counters().records, 2u) << "that its own first run made them grow is no reason to wait";
  const OpsCounters before = counters();
  bypass(100);
  EXPECT_EQ(counters().plain_runs, before.plain_runs + 1) << "a replay would write where nobody expects it";
  std::vector<float> got(most * d);
  ops->download(got.data(), y);
  ops->wait_all();
  const float once = d * rank * 0.01f * 0.01f;
  EXPECT_NEAR(got[0], 5 * once, 1e-4f);
  EXPECT_NEAR(got[(most - 1) * d], 2 * once, 1e-4f);
}

TEST_F(Records, ThatAreRefusedAreCountedAndTheBodyRunsPlainly) {
  std::vector<std::shared_ptr<std::byte>> taken;
  for (int round = 0; round < 4; ++round)
    ops->repeat("allocates", [&] {  // against the contract, but not fatal
      taken.push_back(ops->allocate(1000));
      ops->scale_copy(view(out), view(in), 2.0f);
    });
  EXPECT_EQ(counters().refused_records, 1u) << "and it was not tried again";
  EXPECT_EQ(counters().records, 0u);
  EXPECT_EQ(counters().plain_runs, 4u);
  expect_twice("refused");
}

}  // namespace
}  // namespace lorasweep
