// SPDX-License-Identifier: Apache-2.0
// The prediction follows from the inputs.
#include "pipeline/submit/memory_need.h"

#include "data/core/error.h"
#include "pipeline/config/load_config.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

RunConfig demo(const std::vector<std::string>& flags = {}) {
  return load_config({.file = LORASWEEP_DEMO_DIR "/sweep.toml", .environment = {}, .flags = flags}).config;
}

TEST(MemoryNeed, CountsImagesOnceAndWorkersEach) {
  const MemoryNeed need = memory_need(demo());
  EXPECT_GT(need.images, 0u);
  EXPECT_EQ(need.of_node(4) - need.of_node(3), need.worker);
  EXPECT_EQ(need.of_node(0), need.images + need.scheduler);
}

TEST(MemoryNeed, GrowsWithWhatASweepKeeps) {
  const MemoryNeed few = memory_need(demo()), many = memory_need(demo({"search.budget=400"}));
  EXPECT_GT(many.scheduler, few.scheduler);
  EXPECT_EQ(many.images, few.images);
  EXPECT_GT(memory_need(demo({"slurm.gpus_per_node=2"})).worker, few.worker);
}

TEST(MemoryNeed, CannotBeToldWithoutTheInputs) {
  EXPECT_THROW(memory_need(demo({"model.path=/no/such/model"})), InputError);
}

TEST(MemoryToAskFor, LeavesAQuarterAndIsRound) {
  EXPECT_EQ(memory_to_ask_for(std::size_t{1000} << 20), "1300M");
  EXPECT_EQ(memory_to_ask_for(1), "100M");
}

}  // namespace
}  // namespace lorasweep
