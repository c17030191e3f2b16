// SPDX-License-Identifier: Apache-2.0
// Which threads have to share cores.
#include "pipeline/run/cores.h"

#include <gmock/gmock.h>
#include <sched.h>

#include <string>
#include <thread>
#include <vector>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RankCores rank(int number, int threads, std::vector<std::int32_t> cores, const std::string& host = "n1") {
  return {.host = host, .rank = number, .threads = threads, .cores = std::move(cores)};
}

TEST(Cores, AreThoseThatTheSystemAllows) {
  std::thread([] {  // the binding is this thread's alone
    const std::vector<std::int32_t> before = allowed_cores();
    ASSERT_FALSE(before.empty());
    cpu_set_t last;
    CPU_ZERO(&last);
    CPU_SET(static_cast<std::size_t>(before.back()), &last);
    ASSERT_EQ(sched_setaffinity(0, sizeof last, &last), 0);
    EXPECT_THAT(allowed_cores(), ElementsAre(before.back()));
  })
      .join();
}

TEST(Cores, SufficeForRanksThatHaveOneForEveryThread) {
  EXPECT_THAT(crowded_hosts(std::vector{rank(1, 1, {0}), rank(2, 1, {1})}), IsEmpty());
  EXPECT_THAT(crowded_hosts(std::vector{rank(1, 2, {0, 1}), rank(2, 2, {2, 3})}), IsEmpty());
  EXPECT_THAT(crowded_hosts(std::vector{rank(1, 2, {0, 1, 2, 3}), rank(2, 2, {0, 1, 2, 3})}), IsEmpty()) << "not bound";
  EXPECT_THAT(crowded_hosts(std::vector{rank(1, 1, {0}), rank(2, 1, {0}, "n2")}), IsEmpty()) << "of another machine";
  EXPECT_THAT(crowded_hosts(std::vector{rank(1, 9, {})}), IsEmpty()) << "not known";
  EXPECT_EQ(crowded_ranks_text(std::vector{rank(1, 1, {0})}), "");
  EXPECT_EQ(crowded_ranks_text({}), "");
}

TEST(Cores, AreTooFewForThreadsThatAreBoundToOne) {
  const std::vector<CrowdedHost> crowded =
      crowded_hosts(std::vector{rank(1, 2, {5}), rank(2, 2, {3}), rank(3, 2, {6, 7})});
  ASSERT_EQ(crowded.size(), 1u);
  EXPECT_EQ(crowded[0].host, "n1");
  EXPECT_THAT(crowded[0].ranks, ElementsAre(1, 2));
  EXPECT_EQ(crowded[0].threads, 4);
  EXPECT_THAT(crowded[0].cores, ElementsAre(3, 5));
}

TEST(Cores, AreTooFewForRanksThatAreBoundToTheSame) {
  const std::vector<CrowdedHost> same = crowded_hosts(std::vector{rank(1, 1, {0}), rank(2, 1, {0})});
  ASSERT_EQ(same.size(), 1u);
  EXPECT_THAT(same[0].ranks, ElementsAre(1, 2));
  const std::vector<CrowdedHost> unbound = crowded_hosts(std::vector{rank(1, 2, {0, 1}), rank(2, 2, {0, 1})});
  ASSERT_EQ(unbound.size(), 1u);
  EXPECT_EQ(unbound[0].threads, 4);
  EXPECT_THAT(unbound[0].cores, ElementsAre(0, 1));
  // Each has enough, and so have any two of them, but not all three.
  EXPECT_EQ(crowded_hosts(std::vector{rank(1, 1, {0, 1}), rank(2, 1, {2, 3}), rank(3, 3, {1, 2, 3})}).size(), 1u);
}

TEST(Cores, AreNamedHostByHostInOneLine) {
  const std::string text = crowded_ranks_text(
      std::vector{rank(1, 2, {0}), rank(2, 2, {1}), rank(3, 2, {4, 5}), rank(4, 2, {0}, "n2"), rank(6, 2, {1}, "n2")});
  EXPECT_THAT(text, AllOf(HasSubstr("ranks 1 to 2 on n1 run 4 threads on 2 cores (0 to 1)"),
                          HasSubstr("ranks 4, 6 on n2 run 4 threads on 2 cores (0 to 1)"), HasSubstr("--bind-to none"),
                          HasSubstr("--map-by slot:PE=2"), HasSubstr("--cpus-per-task=2")));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  std::vector<RankCores> many;
  for (int number = 1; number <= 1000; ++number) many.push_back(rank(number, 2, {0}, "n" + std::to_string(number)));
  EXPECT_THAT(crowded_ranks_text(many), HasSubstr("996 more hosts"));
}

TEST(Cores, SufficeForOneProcessOrAreNamed) {
  EXPECT_EQ(crowded_process_text(2, 1, {0, 1}), "");
  EXPECT_EQ(crowded_process_text(9, 9, {}), "") << "not known";
  EXPECT_THAT(crowded_process_text(1, 2, {3}), AllOf(HasSubstr("2 threads on 1 core (3)"), HasSubstr("run.threads")));
  EXPECT_THAT(crowded_process_text(3, 1, {0, 1}),
              AllOf(HasSubstr("3 threads on 2 cores (0 to 1)"), HasSubstr("run.workers")));
}

}  // namespace
}  // namespace lorasweep
