// SPDX-License-Identifier: Apache-2.0
// Algorithms written straight down, seen as ask and tell.
#include "pipeline/search/reverse_communication.h"

#include "data/core/error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace lorasweep {
namespace {

/// Each point repeats the last objective.
SearchAlgorithm echo() {
  double last = 0;
  while (true) {
    const Weights point(1, last);
    last = co_yield point;
  }
}

Generation successors(double first) { return {{first}, {first + 1}, {first + 2}}; }

/// Generations of three: 0 1 2, then the sum of the last objectives and its successors.
SearchAlgorithm triples() {
  double first = 0;
  while (true) {
    const Generation points = successors(first);
    const std::vector<double> objectives = co_yield points;
    first = objectives[0] + objectives[1] + objectives[2];
  }
}

SearchAlgorithm failing() {
  co_yield Weights(1, 0.0);
  throw std::runtime_error("no idea where to go");
}

SearchAlgorithm returning() { co_yield Weights(1, 0.0); }

using Points = std::vector<Weights>;

TEST(ReverseCommunication, HandsObjectivesBackToASequentialAlgorithm) {
  ReverseCommunication optimizer(echo(), 3);
  EXPECT_EQ(optimizer.ask(5), (Points{{0}}));
  EXPECT_EQ(optimizer.ask(5), Points{});  // it waits
  optimizer.tell(std::vector{7.0});
  EXPECT_EQ(optimizer.ask(5), (Points{{7}}));
  optimizer.tell(std::vector{-2.0});
  EXPECT_EQ(optimizer.ask(5), (Points{{-2}}));
  optimizer.tell(std::vector{1.0});
  EXPECT_EQ(optimizer.ask(5), Points{});  // it is done
}

TEST(ReverseCommunication, OffersAGenerationInPieces) {
  ReverseCommunication optimizer(triples(), 6);
  EXPECT_EQ(optimizer.ask(0), Points{});
  EXPECT_EQ(optimizer.ask(2), (Points{{0}, {1}}));
  optimizer.tell(std::vector{10.0});
  EXPECT_EQ(optimizer.ask(2), (Points{{2}}));
  EXPECT_EQ(optimizer.ask(2), Points{});
  optimizer.tell(std::vector{20.0, 30.0});
  EXPECT_EQ(optimizer.ask(9), (Points{{60}, {61}, {62}}));
}

TEST(ReverseCommunication, CutsTheLastGenerationWhereTheBudgetEnds) {
  ReverseCommunication optimizer(triples(), 4);
  EXPECT_EQ(optimizer.ask(9).size(), 3u);
  optimizer.tell(std::vector{0.0, 0.0, 0.0});
  EXPECT_EQ(optimizer.ask(9).size(), 1u);
  optimizer.tell(std::vector{0.0});
  EXPECT_TRUE(optimizer.ask(9).empty());
}

TEST(ReverseCommunication, TellsThePenaltyForWhatIsNotFinite) {
  for (const double bad :
       {std::nan(""), std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 6e20}) {
    ReverseCommunication optimizer(echo(), 2);
    optimizer.ask(1);
    optimizer.tell(std::vector{bad});
    EXPECT_EQ(optimizer.ask(1), (Points{{5e20}})) << bad;
  }
}

TEST(ReverseCommunication, RefusesObjectivesNobodyAskedFor) {
  ReverseCommunication optimizer(triples(), 6);
  EXPECT_THROW(optimizer.tell(std::vector{1.0}), InternalError);
  optimizer.ask(2);
  EXPECT_THROW(optimizer.tell(std::vector{1.0, 2.0, 3.0}), InternalError);
}

TEST(ReverseCommunication, PassesOnWhatTheAlgorithmThrows) {
  ReverseCommunication optimizer(failing(), 2);
  optimizer.ask(1);
  EXPECT_THROW(optimizer.tell(std::vector{1.0}), std::runtime_error);
}

TEST(ReverseCommunication, RefusesAnAlgorithmThatReturns) {
  ReverseCommunication optimizer(returning(), 2);
  optimizer.ask(1);
  EXPECT_THROW(optimizer.tell(std::vector{1.0}), InternalError);
}

}  // namespace
}  // namespace lorasweep
