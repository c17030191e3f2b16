// SPDX-License-Identifier: Apache-2.0
// `lorasweep export` of a small sweep, as its users meet it.
#include "data/core/file.h"
#include "tests/pipeline/cli/program.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::json;
using testing::UnorderedElementsAre;

class Export : public Program {
 protected:
  Export() {
    std::filesystem::create_directories(folder / "base");
    for (const auto& file : std::filesystem::directory_iterator(demo / "base"))
      std::filesystem::copy(file.path(), folder / "base", std::filesystem::copy_options::recursive);
    const CommandResult ran = of_demo(
        "run", {"--out", run(), "--set", "model.path=" + (folder / "base").string(), "--set", "tasks.names=queue_size",
                "--set", "tasks.limit=4", "--set", "search.budget=12", "--set", "search.seeds=1"});
    EXPECT_EQ(ran.status, 0) << ran.err;
  }
  std::string run() const { return (folder / "run").string(); }
  CommandResult exported(const std::string& results, const std::string& format, const std::string& place,
                         std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {"export", results, "--format", format, "-o", (folder / place).string()};
    words.insert(words.end(), more.begin(), more.end());
    CommandResult answer = lorasweep(words);
    EXPECT_EQ(answer.status, 0) << answer.err;
    return answer;
  }
  static std::vector<Json> lines_of(const std::filesystem::path& file) {
    std::istringstream text(read_file(file, 1 << 24));
    std::vector<Json> all;
    for (std::string line; std::getline(text, line);) all.push_back(Json::parse(line));
    return all;
  }
  /// What a directory holds, times left out: "results", "samples".
  std::multiset<std::string> kinds_in(const std::string& place) const {
    std::multiset<std::string> kinds;
    for (const auto& entry : std::filesystem::directory_iterator(folder / place)) {
      const std::string name = entry.path().filename().string();
      kinds.insert(name.substr(0, name.find('_')));
    }
    return kinds;
  }
  Json shares(const std::string& place) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder / place))
      if (entry.path().extension() == ".json") return Json::parse(read_file(entry.path(), 1 << 24))["results"];
    return nullptr;
  }
};

TEST_F(Export, AsLmEvalCountsWhatTheTablesCount) {
  exported(run(), "jsonl", "tables");
  std::map<std::string, double> right;
  for (const Json& row : lines_of(folder / "tables/predictions.jsonl"))
    right[row["of"].get<std::string>()] += row["correct_lmeval"] == "yes" ? 1 : 0;
  ASSERT_EQ(right.size(), 3u);
  exported(run(), "lm-eval", "lm-eval");
  std::set<std::string> directories;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "lm-eval"))
    directories.insert(entry.path().filename().string());
  EXPECT_THAT(directories, UnorderedElementsAre("lorasweep__zero-shot", "lorasweep__few-shot", "lorasweep__search-r0"));
  for (const auto& [of, directory] : {std::pair{"zero_shot", "lorasweep__zero-shot"},
                                      {"few_shot", "lorasweep__few-shot"},
                                      {"search", "lorasweep__search-r0"}}) {
    const std::string place = std::string("lm-eval/") + directory;
    ASSERT_TRUE(right.contains(of)) << of;
    EXPECT_DOUBLE_EQ(shares(place)["queue_size"]["exact_match,none"], right[of] / 4) << of;
    EXPECT_THAT(kinds_in(place), UnorderedElementsAre("results", "samples"));
  }
}

TEST_F(Export, AsLmEvalWithoutTextsHasNoSamples) {
  const std::string silent = (folder / "silent.h5").string();
  ASSERT_EQ(lorasweep({"collect", run(), "-o", silent, "--texts", "none"}).status, 0);
  EXPECT_THAT(exported(silent, "lm-eval", "lm-eval").err, Tells({"1 task", "--texts all"}));
  EXPECT_THAT(kinds_in("lm-eval/lorasweep__search-r0"), UnorderedElementsAre("results"));
}

TEST_F(Export, SaysWhatACutCostsOnTheShots) {
  exported(run(), "jsonl", "tables");
  double best = 0, lowest = INFINITY;
  for (const Json& row : lines_of(folder / "tables/evaluations.jsonl"))
    if (row["objective"].get<double>() < lowest) lowest = row["objective"], best = row["loss"];
  const std::string said = exported(run(), "adapter", "found", {"--rank", "1"}).out;
  double whole = 0, cut = 0;
  ASSERT_EQ(std::sscanf(said.c_str(), "queue_size r0: loss on the shots %lf, cut to rank 1: %lf", &whole, &cut), 2)
      << said;
  EXPECT_NEAR(whole, best, 1e-4 * best);
  EXPECT_GT(cut, 0);
  const Json configuration = Json::parse(read_file(folder / "found/queue_size/r0/adapter_config.json", 1 << 20));
  EXPECT_EQ(configuration["r"], 1);
}

TEST_F(Export, OfARunWhoseBaseModelIsGoneCutsAndSaysWhyTheCostIsNotKnown) {
  std::filesystem::rename(folder / "base", folder / "away");
  const CommandResult answer = exported(run(), "adapter", "found", {"--rank", "1"});
  EXPECT_THAT(answer.err, Tells({(folder / "base").string()}));
  EXPECT_EQ(answer.out.find("cut to rank"), std::string::npos) << answer.out;
  EXPECT_TRUE(std::filesystem::exists(folder / "found/queue_size/r0/adapter_model.safetensors"));
}

TEST_F(Export, OfAdaptersPutsTheDigestOfItsResultsIntoTheRecipe) {
  exported(run(), "adapter", "found");
  const Json inspected = Json::parse(lorasweep({"inspect", "--json", run() + "/results.h5"}).out);
  const Json recipe = Json::parse(read_file(folder / "found/queue_size/r0/recipe.json", 1 << 20));
  EXPECT_EQ(recipe["results_sha256"], inspected["content_sha256"]);
  EXPECT_EQ(recipe["composition"], "lorahub");
  EXPECT_EQ(recipe["adapters"].size(), 20u);
}

}  // namespace
}  // namespace lorasweep
