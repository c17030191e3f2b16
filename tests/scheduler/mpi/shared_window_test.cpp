// SPDX-License-Identifier: Apache-2.0
// The ranks of a node see one and the same memory. (All ranks of this test run on one node.)
#include "scheduler/mpi/shared_window.h"

#include "scheduler/mpi/broadcast.h"
#include "tests/scheduler/mpi/mpi_test_main.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace lorasweep {
namespace {

TEST(SharedWindow, IsAlignedOnEveryRankWhateverItsSize) {
  for (const std::size_t size : {1, 63, 64, 5000, 3'000'001}) {
    const SharedWindow window(test_session(), size);
    EXPECT_EQ(window.data().size(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(window.data().data()) % 64, 0U);
    EXPECT_EQ(window.leader(), test_session().rank() == 0);  // of the one node
  }
}

TEST(SharedWindow, ShowsEverybodyWhatRankZeroPublished) {
  SharedWindow window(test_session(), 1 << 20);
  if (test_session().scheduler()) std::fill(window.data().begin(), window.data().end(), std::byte{0x5a});
  window.publish();
  EXPECT_EQ(std::count(window.data().begin(), window.data().end(), std::byte{0x5a}), 1 << 20);
}

TEST(SharedWindow, IsOneCopyInWhichAPeersWriteIsSeen) {
  SharedWindow window(test_session(), 4096);
  window.publish();
  const auto own = static_cast<std::size_t>(test_session().rank());
  window.data()[own * 64] = static_cast<std::byte>(own + 1);
  window.publish();  // as the barrier and fence that it is
  for (int rank = 0; rank < test_session().size(); ++rank)
    EXPECT_EQ(window.data()[static_cast<std::size_t>(rank) * 64], static_cast<std::byte>(rank + 1));
}

TEST(SharedWindow, HoldsNothingAtAll) {
  SharedWindow window(test_session(), 0);
  window.publish();
  EXPECT_TRUE(window.data().empty());
}

}  // namespace
}  // namespace lorasweep
