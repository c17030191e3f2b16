// SPDX-License-Identifier: Apache-2.0
// Rank 0's bytes reach everybody; a failure of one rank is known to all.
#include "scheduler/mpi/broadcast.h"

#include "data/core/error.h"
#include "scheduler/mpi/node_place.h"
#include "scheduler/mpi/relay.h"
#include "tests/scheduler/mpi/mpi_test_main.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace lorasweep {
namespace {

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 13);
  return bytes;
}

TEST(Launched, IsTrueUnderMpirun) {
  EXPECT_TRUE(MpiSession::launched());
  EXPECT_GT(test_session().size(), 1);
}

TEST(Broadcast, CarriesBytesOfAnySizeAndReplacesWhatWasThere) {
  // The last is more than one piece (64 MiB).
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, (std::size_t{64} << 20) + 3}) {
    const std::string expected = pattern(size);
    std::string bytes = test_session().scheduler() ? expected : "something else";
    broadcast_bytes(test_session(), bytes);
    EXPECT_TRUE(bytes == expected) << size;
  }
}

TEST(Broadcast, FillsARegion) {
  std::vector<std::int32_t> values(5000);
  if (test_session().scheduler()) std::iota(values.begin(), values.end(), 7);
  broadcast_region(test_session(), std::as_writable_bytes(std::span(values)));
  EXPECT_EQ(values.front(), 7);
  EXPECT_EQ(values.back(), 5006);
}

TEST(Broadcast, RefusesRegionsOfUnequalSizesOnEveryRank) {
  std::vector<std::byte> region(static_cast<std::size_t>(10 + test_session().rank()));
  EXPECT_THROW(broadcast_region(test_session(), region), InternalError);
}

TEST(Gather, BringsEveryRanksBytesToRankZeroInOrder) {
  const int rank = test_session().rank();
  const auto all =
      gather_bytes(test_session(), std::string(static_cast<std::size_t>(rank * 1000), static_cast<char>('a' + rank)));
  if (rank != 0) {
    EXPECT_TRUE(all.empty());
    return;
  }
  ASSERT_EQ(all.size(), static_cast<std::size_t>(test_session().size()));
  for (std::size_t i = 0; i < all.size(); ++i)
    EXPECT_EQ(all[i], std::string(i * 1000, static_cast<char>('a' + static_cast<int>(i))));
}

TEST(NodePlace, NumbersTheWorkersOfANode) {  // all ranks of this test run on one node
  const NodePlace place = place_on_node(test_session());
  EXPECT_EQ(place.workers, test_session().size() - 1);
  EXPECT_EQ(place.worker, test_session().rank() - 1);
}

TEST(Relay, CarriesARegionOfManyPiecesToOneWorker) {
  const std::string expected = pattern(2 * relay_piece + 5);
  if (test_session().scheduler()) send_region(test_session(), std::as_bytes(std::span(expected)), 1);
  if (test_session().rank() == 1) {
    std::string got(expected.size(), ' ');
    const auto region = std::as_writable_bytes(std::span(got));
    receive_piece(test_session(), region.first(2 * relay_piece));
    receive_piece(test_session(), region.subspan(2 * relay_piece));
    EXPECT_TRUE(got == expected);
  }
}

TEST(AllOfRanks, IsTrueOnlyIfAllAre) {
  EXPECT_TRUE(all_of_ranks(test_session(), true));
  EXPECT_FALSE(all_of_ranks(test_session(), test_session().rank() != 1));
  EXPECT_FALSE(all_of_ranks(test_session(), false));
}

}  // namespace
}  // namespace lorasweep
