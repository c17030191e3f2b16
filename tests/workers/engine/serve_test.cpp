// SPDX-License-Identifier: Apache-2.0
#include "workers/engine/serve.h"

#include "workers/ops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <new>
#include <stdexcept>

namespace lorasweep {
namespace {

class ScriptedChannel final : public Channel {
 public:
  std::deque<Order> orders;
  std::vector<Report> reports;
  std::optional<Order> receive(bool) override {
    if (orders.empty()) return std::nullopt;
    Order order = orders.front();
    orders.pop_front();
    return order;
  }
  bool closed() const override { return orders.empty(); }
  void send(Report report) override { reports.push_back(std::move(report)); }
};

// Answers each evaluation with its number of members; reports readiness as told; throws for predictions; loses its
// device over four or nine members, and finds no memory for five or ten.
class CountingEngine final : public Engine {
 public:
  explicit CountingEngine(bool asynchronous) : asynchronous_(asynchronous) {}
  int in_flight = 0, most_in_flight = 0;

  WorkerCapacity capacity() const override { return {}; }
  std::unique_ptr<Pending> start(const Work& work) override {
    if (std::holds_alternative<PredictWork>(work)) throw std::runtime_error("no predictions here");
    const std::size_t members = std::get<EvaluateWork>(work).members.size();
    if (members == 9) throw DeviceLost("gone when it was asked");
    if (members == 10) throw std::bad_alloc();
    most_in_flight = std::max(most_in_flight, ++in_flight);
    return std::make_unique<Count>(*this, static_cast<double>(members));
  }

 private:
  struct Count final : Pending {
    Count(CountingEngine& e, double v) : engine(e), value(v) {}
    bool ready() override { return !engine.asynchronous_; }
    Outcome finish() override {
      --engine.in_flight;
      if (value == 3) throw std::runtime_error("three is too many");
      if (value == 4) throw DeviceLost("gone while it worked");
      if (value == 5) throw std::bad_alloc();
      return EvaluateResult{{{value}}};
    }
    CountingEngine& engine;
    double value;
  };
  bool asynchronous_;
};

EvaluateWork members(std::size_t n) { return {std::vector<Member>(n)}; }

class Serve : public testing::TestWithParam<bool> {};

TEST_P(Serve, AnswersEveryOrderOnceAndInOrder) {
  ScriptedChannel channel;
  for (std::uint64_t unit = 0; unit < 4; ++unit)
    channel.orders.push_back({unit, static_cast<std::uint32_t>(unit + 7), members(unit)});
  CountingEngine engine(GetParam());
  serve(channel, engine);
  ASSERT_EQ(channel.reports.size(), 4u);
  for (std::uint64_t unit = 0; unit < 4; ++unit) {
    EXPECT_EQ(channel.reports[unit].unit, unit);
    EXPECT_EQ(channel.reports[unit].attempt, unit + 7);
    EXPECT_GE(channel.reports[unit].seconds, 0);
    if (unit == 3)
      EXPECT_EQ(std::get<WorkFailure>(channel.reports[unit].outcome).reason, "three is too many");
    else
      EXPECT_EQ(std::get<EvaluateResult>(channel.reports[unit].outcome).nll[0][0], static_cast<double>(unit));
  }
  EXPECT_EQ(engine.most_in_flight, GetParam() ? 2 : 1)
      << "a device that computes alone is given the next order meanwhile";
}

TEST_P(Serve, AnEnginesExceptionIsItsOrdersFailure) {
  ScriptedChannel channel;
  channel.orders.push_back({1, 0, PredictWork{}});
  channel.orders.push_back({2, 0, members(1)});
  CountingEngine engine(GetParam());
  serve(channel, engine);
  ASSERT_EQ(channel.reports.size(), 2u);
  EXPECT_EQ(std::get<WorkFailure>(channel.reports[0].outcome).reason, "no predictions here");
  EXPECT_TRUE(std::holds_alternative<EvaluateResult>(channel.reports[1].outcome));
}

TEST_P(Serve, ALostDeviceEndsTheWorkerAndItsOrdersGetNoReport) {
  for (const std::size_t deadly : {4, 9}) {
    ScriptedChannel channel;
    channel.orders.push_back({1, 0, members(1)});
    channel.orders.push_back({2, 0, members(deadly)});
    channel.orders.push_back({3, 0, members(2)});
    CountingEngine engine(GetParam());
    EXPECT_THROW(serve(channel, engine), DeviceLost);
    for (const Report& report : channel.reports) EXPECT_EQ(report.unit, 1u);
  }
}

TEST_P(Serve, AWorkerWithoutMemoryEndsAndBlamesNoOrder) {
  for (const std::size_t large : {5, 10}) {
    ScriptedChannel channel;
    channel.orders.push_back({1, 0, members(1)});
    channel.orders.push_back({2, 0, members(large)});
    CountingEngine engine(GetParam());
    EXPECT_THROW(serve(channel, engine), std::bad_alloc);
    for (const Report& report : channel.reports) EXPECT_EQ(report.unit, 1u);
  }
}

INSTANTIATE_TEST_SUITE_P(BothKinds, Serve, testing::Bool(),
                         [](const auto& param) { return param.param ? "asynchronous" : "synchronous"; });

}  // namespace
}  // namespace lorasweep
