// SPDX-License-Identifier: Apache-2.0
// Limits of CPU time, from folders that look as the kernel's documents say (cgroups(7), proc(5)).
#include "pipeline/run/core_time.h"

#include "pipeline/run/cores.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* unified = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* by_controller =
    "31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw shared:9 master:2 - cgroup cgroup rw,cpuset\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 - cgroup cgroup rw,cpu,cpuacct\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

class CoreTimes : public testing::Test {
 protected:
  void process(const std::string& mountinfo, const std::string& groups) const {
    root.write("proc/self/mountinfo", "22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n" + mountinfo);
    root.write("proc/self/cgroup", groups);
  }
  void limit(const std::string& group, const std::string& text) const {
    root.write("sys/fs/cgroup/" + group + "/cpu.max", text + "\n");
  }
  void limit(const std::string& group, const std::string& quota, const std::string& period) const {
    root.write("sys/fs/cgroup/" + group + "/cpu.cfs_quota_us", quota + "\n");
    root.write("sys/fs/cgroup/" + group + "/cpu.cfs_period_us", period + "\n");
  }
  std::vector<double> cores() const {
    std::vector<double> all;
    for (const CoreTime& time : core_times(root.path())) all.push_back(time.cores);
    return all;
  }
  std::uint64_t number_of(const std::string& group) const {
    struct stat status = {};
    EXPECT_EQ(stat((root.path() / "sys/fs/cgroup" / group).c_str(), &status), 0) << group;
    return status.st_ino;
  }

  const TemporaryFolder root;
};

TEST_F(CoreTimes, AreOfEveryLevelFromTheProcessUpwards) {
  process(unified, "0::/kubepods/pod1/main\n");
  limit("kubepods/pod1/main", "50000 100000");
  limit("kubepods/pod1", "max 100000");
  limit("kubepods", "400000 100000");
  limit("kubepods/pod2", "1000 100000");
  EXPECT_THAT(core_times(root.path()),
              ElementsAre(CoreTime{number_of("kubepods/pod1/main"), 0.5}, CoreTime{number_of("kubepods"), 4.0}));
}

TEST_F(CoreTimes, OfVersion1AreThoseOfTheCpuController) {
  process(by_controller, "5:cpuset:/other\n4:cpu,cpuacct:/slurm/job_7/step_0\n1:name=systemd:/init.scope\n0::/\n");
  limit("cpu,cpuacct/slurm/job_7/step_0", "-1", "100000");
  limit("cpu,cpuacct/slurm/job_7", "150000", "50000");
  limit("cpu,cpuacct/other", "1000", "100000");
  EXPECT_THAT(cores(), ElementsAre(3.0));
}

TEST_F(CoreTimes, InsideAContainerAreThoseOfWhatIsMounted) {
  // With a namespace of its own a container sees its group as the top.
  process(unified, "0::/\n");
  limit(".", "200000 100000");
  EXPECT_THAT(cores(), ElementsAre(2.0));
  // Without one, /proc names the group from the machine's top, and the mount shows the group.
  process("32 31 0:29 /docker/4f /sys/fs/cgroup/cpu ro - cgroup cgroup ro,cpu\n", "3:cpu:/docker/4f\n");
  limit("cpu", "25000", "100000");
  EXPECT_THAT(cores(), ElementsAre(0.25));
  process("32 31 0:29 /docker/4f /sys/fs/cgroup/cpu ro - cgroup cgroup ro,cpu\n", "3:cpu:/docker/4f/inner\n");
  limit("cpu/inner", "10000", "100000");
  EXPECT_THAT(cores(), ElementsAre(0.1, 0.25));
  // A process that was put elsewhere after the namespace was made.
  process(unified, "0::/../elsewhere\n");
  EXPECT_THAT(cores(), ElementsAre(2.0));
}

TEST_F(CoreTimes, AreFoundBelowNamesWithBlanks) {
  process("30 24 0:26 / /sys/fs/cgroup/of\\040all rw - cgroup2 cgroup2 rw\n", "0::/my group\n");
  limit("of all/my group", "100000 100000");
  EXPECT_THAT(cores(), ElementsAre(1.0));
}

TEST_F(CoreTimes, AreNoneWhereNothingLimits) {
  EXPECT_THAT(cores(), IsEmpty()) << "no proc";
  process("", "0::/a\n");
  EXPECT_THAT(cores(), IsEmpty()) << "nothing mounted";
  process(unified, "");
  EXPECT_THAT(cores(), IsEmpty()) << "in no group";
  process(unified, "0::/a\n");
  EXPECT_THAT(cores(), IsEmpty()) << "the top, which has no file, and a group that is not seen";
  for (const char* text : {"max 100000", "", "0 100000", "x y", "100000 0"}) {
    limit("a", text);
    EXPECT_THAT(cores(), IsEmpty()) << text;
  }
  process(by_controller, "nonsense\n4:cpuacct:/a\n");
  EXPECT_THAT(cores(), IsEmpty());
}

RankCores rank(int number, int threads, std::vector<CoreTime> times, const std::string& host = "n1") {
  return {.host = host, .rank = number, .threads = threads, .cores = {0, 1, 2, 3}, .times = std::move(times)};
}

TEST(ScarceTime, IsThatOfTheRanksThatShareAGroup) {
  const CoreTime job{7, 4}, step{8, 1.5}, wide{9, 64};
  EXPECT_EQ(scarce_time_text({}), "");
  EXPECT_EQ(scarce_time_text(std::vector{rank(1, 9, {})}), "") << "no limit";
  EXPECT_EQ(scarce_time_text(std::vector{rank(1, 2, {job}), rank(2, 2, {job})}), "") << "a core each";
  EXPECT_EQ(scarce_time_text(std::vector{rank(1, 3, {job}), rank(2, 3, {job}, "n2")}), "") << "of another machine";
  EXPECT_THAT(scarce_time_text(std::vector{rank(1, 2, {wide, job}), rank(2, 3, {wide, job})}),
              AllOf(HasSubstr("ranks 1 to 2 on n1"), HasSubstr("5 threads"), HasSubstr("4 cores")));
  EXPECT_THAT(scarce_time_text(std::vector{rank(1, 2, {step, job}), rank(2, 3, {job}), rank(3, 1, {job}, "n2")}),
              AllOf(HasSubstr("rank 1 on n1"), HasSubstr("2 threads"), HasSubstr("1.5 cores"), Not(HasSubstr("n2"))))
      << "what leaves least";
}

TEST(ScarceTime, OfOneProcessIsTheLeastThatItIsUnder) {
  const std::vector<CoreTime> times = {{7, 4}, {8, 1.5}};
  EXPECT_EQ(scarce_process_text(1, 1, times), "");
  EXPECT_EQ(scarce_process_text(64, 64, {}), "") << "no limit";
  EXPECT_THAT(scarce_process_text(2, 1, times), AllOf(HasSubstr("1.5 cores"), HasSubstr("run.workers")));
  EXPECT_THAT(scarce_process_text(1, 2, times), HasSubstr("2 threads"));
}

TEST(UsefulThreads, AreNoMoreThanCoresAndWholeCoresOfTime) {
  EXPECT_EQ(useful_threads({0, 1, 2, 3}, {}), 4);
  EXPECT_EQ(useful_threads({0, 1, 2, 3}, std::vector<CoreTime>{{7, 2.9}, {8, 64}}), 2);
  EXPECT_EQ(useful_threads({0, 1}, std::vector<CoreTime>{{7, 64}}), 2);
  EXPECT_EQ(useful_threads({0, 1}, std::vector<CoreTime>{{7, 0.2}}), 1) << "something must compute";
  EXPECT_EQ(useful_threads({}, {}), 1) << "not known";
}

}  // namespace
}  // namespace lorasweep
