// SPDX-License-Identifier: Apache-2.0
// What no run writes is refused, though its checksums may be right.
#include "pipeline/manifest/run_checks.h"

#include "data/core/error.h"
#include "pipeline/manifest/run_records.h"
#include "tests/pipeline/manifest/sample_manifest.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::HasSubstr;

TEST(RunChecks, TakeAManifestOfARun) { EXPECT_NO_THROW(check_manifest(sample_manifest(), "here")); }

TEST(RunChecks, RefuseAManifestThatNoRunHas) {
  const std::vector<std::pair<const char*, std::function<void(Manifest&)>>> changes = {
      {"a search of a task beyond", [](Manifest& m) { m.searches[0].task = 7; }},
      {"a search of a negative task", [](Manifest& m) { m.searches[1].task = -1; }},
      {"a search of adapters beyond", [](Manifest& m) { m.searches[0].adapter_set = 1; }},
      {"a negative replicate", [](Manifest& m) { m.searches[0].replicate = -1; }},
      {"a seed that is not configured", [](Manifest& m) { m.searches[0].seed = 3; }},
      {"no seeds", [](Manifest& m) { m.config.search.seeds.clear(); }},
      {"a negative adapter", [](Manifest& m) { m.adapter_sets[0][0] = -1; }},
      {"an adapter beyond", [](Manifest& m) { m.adapter_sets[0][1] = 2; }},
      {"an adapter twice", [](Manifest& m) { m.adapters[1].name = m.adapters[0].name; }},
      {"an adapter without a name", [](Manifest& m) { m.adapters[0].name.clear(); }},
      {"a baseline of a task beyond", [](Manifest& m) { m.baselines[0].task = 1; }},
      {"a task that is a path", [](Manifest& m) { m.tasks[0].name = "../../x"; }},
      {"a task that is a folder", [](Manifest& m) { m.tasks[0].name = ".."; }},
      {"a task without a name", [](Manifest& m) { m.tasks[0].name.clear(); }},
      {"a task twice", [](Manifest& m) { m.tasks.push_back(m.tasks[0]); }},
      {"no shots", [](Manifest& m) { m.tasks[0].shot_tokens.clear(); }},
      {"a shot without tokens", [](Manifest& m) { m.tasks[0].shot_tokens[0] = 0; }},
      {"a shot that was cut beyond", [](Manifest& m) { m.tasks[0].cut->shots = {2}; }},
      {"an answer of a shot that was cut beyond", [](Manifest& m) { m.tasks[0].cut->shot_targets = {2}; }},
      {"a negative example that was cut", [](Manifest& m) { m.tasks[0].cut->test = {-1}; }},
      {"an example that was cut twice",
       [](Manifest& m) {
         m.tasks[0].cut->test = {1, 1};
       }},
      {"examples that were cut in disorder",
       [](Manifest& m) {
         m.tasks[0].cut->test = {1, 0};
       }},
      {"a prompt that was cut beyond", [](Manifest& m) { m.tasks[0].cut->few_shot->push_back(2); }},
      {"more idle sites than sites", [](Manifest& m) { m.adapters[0].idle_sites = 15; }},
      {"idle sites of none", [](Manifest& m) { m.adapters[0].sites = -1; }},
      {"fewer sites than none", [](Manifest& m) { m.adapters[0].idle_sites = -2; }},
      {"no test examples", [](Manifest& m) { m.tasks[0].targets.clear(); }}};
  for (const auto& [what, change] : changes) {
    Manifest manifest = sample_manifest();
    change(manifest);
    EXPECT_THROW(check_manifest(manifest, "here"), InputError) << what;
  }
}

EvaluationRecord evaluation() { return {.search = 1, .step = 39, .weights = {0, 1}, .nll = {1, 2}}; }
PredictionRecord answer() { return {.of = Subject::search, .index = 1, .example = 1}; }

TEST(RunChecks, TakeRecordsOfARun) {
  const std::vector<Record> records = {SessionRecord{R"({"config_toml": "schema = 1", "config": {}})"},
                                       evaluation(),
                                       answer(),
                                       PredictionRecord{.of = Subject::few_shot, .index = 0, .example = 0},
                                       FailureRecord{.of = Subject::search, .index = 1, .reason = "lost"},
                                       CompleteRecord{}};
  EXPECT_NO_THROW(check_records(sample_manifest(), records, "here"));
}

TEST(RunChecks, RefuseRecordsThatNoRunWritesAndNameThem) {
  const auto evaluated = [](auto change) {
    EvaluationRecord record = evaluation();
    change(record);
    return Record(record);
  };
  const auto answered = [](auto change) {
    PredictionRecord record = answer();
    change(record);
    return Record(record);
  };
  const std::vector<std::pair<const char*, Record>> wrong = {
      {"a search beyond", evaluated([](auto& e) { e.search = 2; })},
      {"a step beyond the budget", evaluated([](auto& e) { e.step = 40; })},
      {"too few weights", evaluated([](auto& e) { e.weights.pop_back(); })},
      {"too many weights", evaluated([](auto& e) { e.weights.push_back(1); })},
      {"too few losses", evaluated([](auto& e) { e.nll.pop_back(); })},
      {"too many losses", evaluated([](auto& e) { e.nll.push_back(1); })},
      {"an answer to an example beyond", answered([](auto& p) { p.example = 2; })},
      {"an answer of a search beyond", answered([](auto& p) { p.index = 2; })},
      {"a baseline of a task beyond", answered([](auto& p) {
         p.of = Subject::zero_shot;
         p.index = 1;
       })},
      {"a failure of a search beyond", FailureRecord{.of = Subject::search, .index = 2, .reason = ""}},
      {"a second manifest", ManifestRecord{"{}"}},
      {"a session that is a list", SessionRecord{"[]"}},
      {"a session that is no JSON", SessionRecord{"{"}},
      {"a session whose configuration is a number", SessionRecord{R"({"config_toml": 5})"}},
      {"a session whose settings are a number", SessionRecord{R"({"config": 7})"}}};
  for (const auto& [what, record] : wrong) {
    const std::vector<Record> records = {evaluation(), record};
    try {
      check_records(sample_manifest(), records, "here");
      ADD_FAILURE() << what << " was taken";
    } catch (const InputError& error) {
      EXPECT_THAT(std::string(error.what()), HasSubstr("record 2")) << what;
    }
  }
}

TEST(RunChecks, AreMadeWhereverARunIsRead) {
  const TemporaryFolder folder;
  const auto written = [&](const char* name, const Manifest& manifest, const Record& record) {
    JournalWriter writer = JournalWriter::create(folder.path() / name);
    const std::vector<Record> records = {ManifestRecord{to_json(manifest)}, record};
    writer.append(records);
    return folder.path() / name;
  };
  EXPECT_EQ(read_run(written("right", sample_manifest(), evaluation())).records.size(), 1u);
  PredictionRecord beyond = answer();
  beyond.example = 99;
  EXPECT_THROW(read_run(written("answer", sample_manifest(), beyond)), InputError);
  Manifest elsewhere = sample_manifest();
  elsewhere.tasks[0].name = "../../x";
  EXPECT_THROW(read_run(written("task", elsewhere, evaluation())), InputError);
}

}  // namespace
}  // namespace lorasweep
