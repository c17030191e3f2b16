// SPDX-License-Identifier: Apache-2.0
// The tables that kernels read, on the device that stands in for a GPU: there its memory can be looked at.
#include "workers/cuda/descriptors.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace lorasweep {
namespace {

class DescriptorsTest : public testing::Test {
 protected:
  using Table = std::vector<std::int32_t>;
  const std::int32_t* put(const Table& table) { return tables_.put(std::span<const std::int32_t>(table)); }
  Table at(const std::int32_t* place, std::size_t count) {
    device_->finish();
    return {place, place + count};
  }

  std::shared_ptr<Device> device_ = Device::open(0);
  Staging staging_{*device_};
  Descriptors tables_{*device_, staging_};
};

TEST_F(DescriptorsTest, EqualTablesAreOne) {
  const Table one{1, 2, 3}, other{1, 2, 4};
  EXPECT_EQ(put(one), put(Table(one)));
  EXPECT_NE(put(one), put(other));
  EXPECT_EQ(at(put(one), 3), one);
  EXPECT_EQ(at(put(other), 3), other);
}

TEST_F(DescriptorsTest, SeveralTablesOfOneKernelAreThereTogetherWhereverTheTablesStartOver) {
  // Some 40 MiB in pairs of ever new content and uneven size: it starts over at first ones and at second ones.
  for (std::int32_t round = 0; round < 600; ++round) {
    const Table first(static_cast<std::size_t>(9001 + 7 * round % 1000), 2 * round),
        second(static_cast<std::size_t>(8000 + 13 * round % 900), 2 * round + 1);
    const std::int32_t *a = put(first), *b = put(second);
    ASSERT_EQ(at(a, first.size()), first) << "round " << round;
    ASSERT_EQ(at(b, second.size()), second) << "round " << round;
  }
}

TEST_F(DescriptorsTest, ARecordKeepsItsTablesWhenTheOthersHaveGone) {
  const Table recorded(1000, 42);
  tables_.begin_recording();
  const std::int32_t* place = put(recorded);
  const auto kept = tables_.end_recording();
  for (std::int32_t i = 0; i < 600; ++i) put(Table(20000, i));
  EXPECT_EQ(at(place, recorded.size()), recorded);
  EXPECT_EQ(kept.size(), 1u);
}

TEST_F(DescriptorsTest, TablesOfADroppedRecordAreWrittenWhenTheyAreAskedForAgain) {
  const Table table(1000, 42);
  tables_.begin_recording();
  put(table);
  tables_.drop_recording();
  EXPECT_EQ(at(put(table), table.size()), table);
}

}  // namespace
}  // namespace lorasweep
