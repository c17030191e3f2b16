// SPDX-License-Identifier: Apache-2.0
// NCCL's part of a start, with one member: join, broadcast, give up.
#include "workers/device/device_broadcast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace lorasweep {
namespace {

class CudaNccl : public testing::Test {
 protected:
  void SetUp() override {
    if (nccl_version().empty()) GTEST_SKIP() << "no NCCL in this build";
    if (device_count(DeviceKind::cuda) == 0) GTEST_SKIP() << "no CUDA device here";
    ops = make_ops(device);
    ticket = new_broadcast_ticket();
    ASSERT_FALSE(ticket.empty());
  }
  static std::byte byte_at(std::size_t i) { return static_cast<std::byte>(i * 131 >> 7); }
  std::shared_ptr<std::byte> send(DeviceBroadcast& broadcast, std::size_t bytes) {
    std::size_t sent = 0;
    auto memory = broadcast.broadcast(*ops, bytes, [&](std::span<std::byte> piece) {
      for (std::byte& byte : piece) byte = byte_at(sent++);
    });
    EXPECT_EQ(sent, bytes);
    return memory;
  }
  void expect_sent(std::byte* memory, std::size_t bytes) {
    std::vector<std::byte> got(bytes);
    const auto words = static_cast<std::int64_t>(bytes / 4);
    ops->download(got.data(), {memory, Element::f32, 1, words, words});
    ops->wait_all();
    for (std::size_t i = 0; i < bytes; ++i) ASSERT_EQ(got[i], byte_at(i)) << i;
  }

  const DeviceOptions device{.activation = Element::f32, .kind = DeviceKind::cuda};
  std::unique_ptr<Ops> ops;
  std::string ticket;
};

TEST_F(CudaNccl, FillsTheMembersMemoryPieceByPieceAndMoreThanOnce) {
  const auto broadcast = join_broadcast(ticket, 0, 1, device);
  for (const std::size_t bytes : {DeviceBroadcast::piece + DeviceBroadcast::piece / 4, std::size_t{4096}}) {
    const auto memory = send(*broadcast, bytes);
    expect_sent(memory.get(), bytes);
  }
}

TEST_F(CudaNccl, AFailureOfWhoSendsPassesThroughAndGivesTheCommunicatorUp) {
  const auto broadcast = join_broadcast(ticket, 0, 1, device);
  EXPECT_THROW(broadcast->broadcast(*ops, 4096, [](std::span<std::byte>) { throw std::length_error("no more"); }),
               std::length_error);
  EXPECT_THROW(send(*broadcast, 4096), DeviceLost) << "it is not usable after an exception";
  const auto other = join_broadcast(new_broadcast_ticket(), 0, 1, device);
  expect_sent(send(*other, 4096).get(), 4096);
}

TEST_F(CudaNccl, ATicketThatIsNoneIsRefused) { EXPECT_THROW(join_broadcast("no ticket", 0, 1, device), DeviceLost); }

TEST(Nccl, ABuildWithoutItHasNoTicketsAndRefusesThem) {
  if (!nccl_version().empty()) GTEST_SKIP() << "this build has NCCL";
  EXPECT_EQ(new_broadcast_ticket(), "");
  EXPECT_THROW(join_broadcast("", 0, 1, {}), DeviceLost);
}

}  // namespace
}  // namespace lorasweep
