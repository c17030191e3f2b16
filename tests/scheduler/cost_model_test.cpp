// SPDX-License-Identifier: Apache-2.0
// Leases from what was learned.
#include "scheduler/cost_model.h"

#include <gtest/gtest.h>

#include <limits>

namespace lorasweep {
namespace {

using namespace std::chrono_literals;

constexpr CostModel::Options options{.shortest_lease = 100s, .first_lease = 1000s, .patience = 10};

double lease(const CostModel& model, double cost) { return std::chrono::duration<double>(model.lease(cost)).count(); }

TEST(CostModel, GivesTheFirstLeaseWhileNothingIsKnown) {
  const CostModel model(options);
  EXPECT_EQ(lease(model, 1), 1000);
  EXPECT_EQ(lease(model, 1e9), 1000);
}

TEST(CostModel, IsPatientInProportionToTheCost) {
  CostModel model(options);
  model.learn(4, 20);  // 5 s a unit of cost
  EXPECT_DOUBLE_EQ(lease(model, 3), 150);
  EXPECT_DOUBLE_EQ(lease(model, 30), 1500);
}

TEST(CostModel, GivesNoLeaseShorterThanTheShortest) {
  CostModel model(options);
  model.learn(1, 0.001);
  EXPECT_EQ(lease(model, 1), 100);
}

TEST(CostModel, FollowsTheSlowestAndForgetsItSlowly) {
  CostModel model(options);
  model.learn(1, 50);
  model.learn(1, 20);
  EXPECT_NEAR(lease(model, 1), 495, 1e-6);
  for (int i = 0; i < 500; ++i) model.learn(1, 20);
  EXPECT_DOUBLE_EQ(lease(model, 1), 200);
}

TEST(CostModel, LearnsNothingFromNonsense) {
  constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  CostModel model(options);
  model.learn(0, 5);
  model.learn(-1, 5);
  model.learn(nan, 5);
  model.learn(1, -5);
  model.learn(1, nan);
  model.learn(1, infinity);
  EXPECT_EQ(lease(model, 1), 1000);
}

TEST(CostModel, NeverGivesALeaseThatAClockCannotHold) {
  CostModel model(options);
  model.learn(1e-100, 1e100);
  EXPECT_GT(model.lease(1e300), 0s);
  EXPECT_LE(model.lease(1e300), std::chrono::hours(24 * 365 * 10));
}

}  // namespace
}  // namespace lorasweep
