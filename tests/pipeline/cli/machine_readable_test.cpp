// SPDX-License-Identifier: Apache-2.0
// --json prints one document of a named form to stdout; --quiet and --log-level say how much goes to stderr.
#include "tests/pipeline/cli/program.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace lorasweep {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class MachineReadable : public Program {
 protected:
  std::vector<std::string> small_run(std::vector<std::string> more) const {
    std::vector<std::string> words = {"run", (demo / "sweep.toml").string(), "--out", (folder / "run").string()};
    for (const char* setting : {"tasks.names=queue_size", "tasks.limit=4", "search.budget=3", "search.seeds=1",
                                "adapters.count=3", "run.workers=1"}) {
      words.emplace_back("--set");
      words.emplace_back(setting);
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  static nlohmann::json document(const CommandResult& answer, const std::string& schema) {
    const auto json = nlohmann::json::parse(answer.out);
    EXPECT_EQ(json.at("schema"), schema);
    return json;
  }
};

TEST_F(MachineReadable, OfARunFromItsBeginToItsEnd) {
  const CommandResult loud = lorasweep(small_run({"--set", "search.seeds=2"}));
  EXPECT_EQ(loud.status, 0);
  EXPECT_THAT(loud.err, HasSubstr("evaluations 0/3")) << "a log begins with the first line of progress";
  EXPECT_THAT(loud.err, Not(HasSubstr("\x1b")));
  std::filesystem::remove_all(folder / "run");

  const CommandResult quiet = lorasweep(small_run({"--quiet"}));
  EXPECT_EQ(quiet.status, 0);
  EXPECT_THAT(quiet.err, IsEmpty());
  EXPECT_THAT(quiet.out, HasSubstr("results: "));

  const auto status = document(lorasweep({"status", "--json", (folder / "run").string()}), "lorasweep.status/1");
  EXPECT_EQ(status.at("runs").at(0).at("state"), "complete");
  EXPECT_EQ(status.at("runs").at(0).at("life").at("state"), "ended");
  EXPECT_EQ(status.at("runs").at(0).at("tasks").at(0).at("evaluations"), 3);

  const std::string collected = (folder / "all.h5").string();
  const CommandResult collect = lorasweep({"collect", "--json", (folder / "run").string(), "-o", collected});
  EXPECT_EQ(collect.status, 0) << collect.err;
  const auto merged = document(collect, "lorasweep.collect/1");
  EXPECT_EQ(merged.at("complete"), true);
  EXPECT_EQ(merged.at("results"), collected);
  EXPECT_EQ(merged.at("tasks"), nlohmann::json({"queue_size"}));
}

TEST_F(MachineReadable, OfTheMachine) {
  const auto facts = document(lorasweep({"doctor", "--json"}), "lorasweep.doctor/1").at("facts");
  EXPECT_TRUE(facts.contains("MPI"));
  EXPECT_TRUE(facts.contains("memory"));
}

TEST_F(MachineReadable, LevelsOfTheLogAreWords) {
  EXPECT_EQ(lorasweep({"doctor", "--log-level", "loud"}).status, 2);
  EXPECT_EQ(lorasweep({"doctor", "--log-level", "off"}).status, 0);
  EXPECT_EQ(lorasweep({"doctor", "--log-level", "info", "--quiet"}).status, 2) << "they contradict each other";
}

}  // namespace
}  // namespace lorasweep
