// SPDX-License-Identifier: Apache-2.0
// Memory of a device: a real one, or the one that stands in for it, which also spoils what is given back.
#include "workers/cuda/cuda_devices.h"
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/graph.h"

#include <gtest/gtest.h>

#include <vector>

namespace lorasweep {
namespace {

class CudaDevice : public testing::Test {
 protected:
  void SetUp() override {
    if (cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device here";
    device = Device::open(0);
  }
  // Of the pool that allocate() takes from; the driver needs memory of its own besides.
  static std::uint64_t used() {
    cudaMemPool_t pool = nullptr;
    check(cudaDeviceGetDefaultMemPool(&pool, 0), "cudaDeviceGetDefaultMemPool");
    std::uint64_t bytes = 0;
    check(cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &bytes), "cudaMemPoolGetAttribute");
    return bytes;
  }
  std::shared_ptr<Device> device;
};

TEST_F(CudaDevice, GivesMemoryBackAfterARecordThatItWasReleasedIn) {
  device->finish();
  const std::uint64_t before = used();
  auto memory = device->allocate(1 << 20);
  device->finish();
  EXPECT_GE(used(), before + (1 << 20));
  const auto graph = Graph::record(*device, [&] { memory.reset(); });
  ASSERT_TRUE(graph.has_value());
  device->finish();
  EXPECT_EQ(used(), before);
  graph->launch(device->stream());  // and does not free it once more
  device->finish();
  EXPECT_EQ(used(), before);
}

TEST_F(CudaDevice, TakesNoMemoryWhileItRecords) {
  EXPECT_FALSE(Graph::record(*device, [&] { device->allocate(1); }).has_value());
  EXPECT_NE(device->allocate(1), nullptr);
}

TEST_F(CudaDevice, TellsTheOldestMemoryThatWasGivenBackAndTellsItOnce) {
  auto first = device->allocate(1), second = device->allocate(1);
  const std::uint64_t both = device->allocations();
  EXPECT_EQ(device->take_oldest_release(), UINT64_MAX);
  auto third = device->allocate(1);
  third.reset();
  EXPECT_GT(device->take_oldest_release(), both) << "what is recorded with two allocations cannot use the third";
  EXPECT_EQ(device->take_oldest_release(), UINT64_MAX);
  second.reset();
  first.reset();
  EXPECT_EQ(device->take_oldest_release(), both - 1);
}

TEST_F(CudaDevice, OpsGiveBackTheirIntermediateMatricesWhenAsked) {
  CudaOps ops({.activation = Element::f32});
  constexpr std::int64_t rows = 1000, in = 64, rank = 16, out = 64;
  const auto memory = ops.allocate(1 << 20);
  float* at = reinterpret_cast<float*>(memory.get());
  const View x{at, Element::f32, rows, in, in}, y{at + rows * in, Element::f32, rows, out, out},
      a{at + 2 * rows * in, Element::f32, in, rank, rank},
      b{at + 2 * rows * in + in * rank, Element::f32, rank, out, out};
  const std::vector<LoraBlock> blocks{
      {.row_begin = 0, .row_end = rows, .segments = {{a, {{.column = 0, .out = out, .rank = rank, .b = b}}}}}};
  ops.lora(y, x, blocks);
  ops.wait_all();
  const std::size_t held = *ops.free_memory();
  ops.release();
  ops.wait_all();
  EXPECT_GE(*ops.free_memory(), held + rows * rank * sizeof(float));
}

}  // namespace
}  // namespace lorasweep
