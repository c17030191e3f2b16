// SPDX-License-Identifier: Apache-2.0
// Memory of the device that stands in for a GPU: it counts what is held, and spoils what is given back.
#include "workers/cuda/cuda_ops.h"
#include "workers/cuda/graph.h"

#include <gtest/gtest.h>

#include <vector>

namespace lorasweep {
namespace {

TEST(Device, GivesMemoryBackAfterARecordThatItWasReleasedIn) {
  const auto device = Device::open(0);
  const std::size_t before = device->free_memory();
  auto memory = device->allocate(1 << 20);
  const auto graph = Graph::record(*device, [&] { memory.reset(); });
  EXPECT_TRUE(graph.has_value());
  device->finish();
  EXPECT_EQ(device->free_memory(), before);
  graph->launch(device->stream());  // and does not free it once more
  device->finish();
  EXPECT_EQ(device->free_memory(), before);
}

TEST(Device, TakesNoMemoryWhileItRecords) {
  const auto device = Device::open(0);
  EXPECT_FALSE(Graph::record(*device, [&] { device->allocate(1); }).has_value());
  EXPECT_NE(device->allocate(1), nullptr);
}

TEST(CudaOps, GivesBackItsIntermediateMatricesWhenAsked) {
  CudaOps ops({.activation = Element::f32});
  constexpr std::int64_t rows = 1000, in = 64, rank = 16, out = 64;
  const auto memory = ops.allocate(1 << 20);
  float* at = reinterpret_cast<float*>(memory.get());
  const View x{at, Element::f32, rows, in, in}, y{at + rows * in, Element::f32, rows, out, out},
      a{at + 2 * rows * in, Element::f32, in, rank, rank},
      b{at + 2 * rows * in + in * rank, Element::f32, rank, out, out};
  const std::vector<LoraBlock> blocks{{.row_begin = 0,
                                       .row_end = rows,
                                       .a = a,
                                       .terms = {{.column = 0, .out = out, .first_rank = 0, .rank = rank, .b = b}}}};
  ops.lora(y, x, blocks);
  ops.wait_all();
  const std::size_t held = *ops.free_memory();
  ops.release();
  ops.wait_all();
  EXPECT_GE(*ops.free_memory(), held + rows * rank * sizeof(float));
}

}  // namespace
}  // namespace lorasweep
