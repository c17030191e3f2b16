// SPDX-License-Identifier: Apache-2.0
// Orders go through a worker's process encoded, and are judged where they are read.
#include "scheduler/mpi/worker_channel.h"

#include "data/core/error.h"
#include "scheduler/message.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

const Order order{7, 1, EvaluateWork{{{.adapters = {1}, .example_set = 2, .weights = {0.5}}}}};

TEST(WorkerChannel, GivesOrdersInTheOrderOfTheirArrival) {
  WorkerChannel channel;
  EXPECT_FALSE(channel.receive(false));
  channel.deliver(encode_message(order));
  channel.deliver(encode_message(Order{8, 0, PredictWork{}}));
  EXPECT_EQ(channel.receive(true), order);
  EXPECT_EQ(channel.receive(true)->unit, 8U);
}

TEST(WorkerChannel, DropsWhatNobodyTookWhenItCloses) {
  WorkerChannel channel;
  channel.deliver(encode_message(order));
  channel.close();
  channel.deliver(encode_message(order));
  EXPECT_TRUE(channel.closed());
  EXPECT_FALSE(channel.receive(true));
}

TEST(WorkerChannel, RefusesAnOrderThatIsDamaged) {
  WorkerChannel channel;
  std::string bytes = encode_message(order);
  bytes[40] ^= 1;
  channel.deliver(bytes);
  EXPECT_THROW(channel.receive(true), InternalError);
}

TEST(WorkerChannel, HandsReportsOverAsMessages) {
  WorkerChannel channel;
  const Report report{7, 1, 0.5, WorkFailure{"no memory"}};
  channel.send(report);
  const auto reports = channel.take_reports({});
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(std::get<Report>(decode_message(reports[0])), report);
}

}  // namespace
}  // namespace lorasweep
