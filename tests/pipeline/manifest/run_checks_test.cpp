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
      {"places of one number an adapter",
       [](Manifest& m) {
         m.places = {"1", "2"};
       }},
      {"fewer places than runs of layers",
       [](Manifest& m) {
         m.config.search.scope = {.kind = Scope::Kind::groups, .groups = 3};
         m.places = {"1", "2"};
       }},
      {"a single place",
       [](Manifest& m) {
         m.config.search.scope = {.kind = Scope::Kind::maps};
         m.places = {"q"};
       }},
      {"a place twice",
       [](Manifest& m) {
         m.config.search.scope = {.kind = Scope::Kind::maps};
         m.places = {"q", "q"};
       }},
      {"no test examples", [](Manifest& m) { m.tasks[0].targets.clear(); }}};
  for (const auto& [what, change] : changes) {
    Manifest manifest = sample_manifest();
    change(manifest);
    EXPECT_THROW(check_manifest(manifest, "here"), InputError) << what;
  }
}

Manifest screened_manifest() {
  Manifest m = sample_manifest();
  m.config.adapters.select = AdapterSelection::screened;
  m.config.adapters.count = 1;
  m.config.search.budget = 10;
  for (Manifest::Search& search : m.searches) search.adapter_set = -1;
  m.trials = {{.kind = Trial::screen, .index = 0, .positions = {0, 1}},
              {.kind = Trial::uniform, .index = 1, .positions = {0}},
              {.kind = Trial::ablation, .index = 0, .positions = {0}}};
  return m;
}

TEST(ManifestChecks, TakeSearchesThatAScreenGivesTheirAdapters) {
  EXPECT_NO_THROW(check_manifest(screened_manifest(), "here"));
}

TEST(ManifestChecks, RefuseTrialsThatARunCannotHave) {
  const std::vector<std::pair<const char*, std::function<void(Manifest&)>>> wrong = {
      {"no screen", [](Manifest& m) { m.trials.clear(); }},
      {"a screen of one adapter", [](Manifest& m) { m.trials[0].positions.pop_back(); }},
      {"more to choose than there are", [](Manifest& m) { m.config.adapters.count = 3; }},
      {"adapters that nobody chooses", [](Manifest& m) { m.config.adapters.select = AdapterSelection::random; }},
      {"an adapter beyond", [](Manifest& m) { m.trials[0].positions.push_back(2); }},
      {"an adapter twice",
       [](Manifest& m) {
         m.trials[0].positions = {0, 1, 1};
       }},
      {"shots beyond",
       [](Manifest& m) {
         m.trials.push_back({Trial::screen, 1, {0}});
       }},
      {"a search beyond", [](Manifest& m) { m.trials[1].index = 2; }},
      {"a second uniform trial",
       [](Manifest& m) {
         m.trials[1].positions = {0, 1};
       }},
      {"an ablation beyond", [](Manifest& m) { m.trials[2].positions = {1}; }}};
  for (const auto& [what, change] : wrong) {
    Manifest manifest = screened_manifest();
    change(manifest);
    EXPECT_THROW(check_manifest(manifest, "here"), InputError) << what;
  }
}

TEST(RunChecks, RefuseEvaluationsBeforeTheirScreenIsComplete) {
  const EvaluationRecord first{.search = 0, .step = 0, .weights = {0}, .nll = {1, 2}};
  const auto tried = [](std::uint32_t position) {
    return TrialRecord{.kind = Trial::screen, .index = 0, .position = position, .nll = {1, 2}};
  };
  EXPECT_NO_THROW(check_records(screened_manifest(), std::vector<Record>{tried(0), tried(1), first}, "here"));
  EXPECT_THROW(check_records(screened_manifest(), std::vector<Record>{tried(0), first}, "here"), InputError);
  EvaluationRecord beyond = first;
  beyond.step = 8;
  EXPECT_THROW(check_records(screened_manifest(), std::vector<Record>{tried(0), tried(1), beyond}, "here"), InputError)
      << "the screen took two of the budget of ten";
}

EvaluationRecord evaluation() { return {.search = 1, .step = 39, .weights = {0, 1}, .nll = {1, 2}}; }
TrialRecord trial(Trial kind, std::uint32_t position) {
  return {.kind = kind, .index = 0, .position = position, .nll = {1, 2}};
}
PredictionRecord answer() { return {.of = Subject::search, .index = 1, .example = 1}; }

TEST(RunChecks, TakeRecordsOfARun) {
  const std::vector<Record> records = {SessionRecord{R"({"config_toml": "schema = 1", "config": {}})"},
                                       evaluation(),
                                       answer(),
                                       PredictionRecord{.of = Subject::few_shot, .index = 0, .example = 0},
                                       FailureRecord{.of = Subject::search, .index = 1, .reason = "lost"},
                                       FailureRecord{.of = Subject::uniform, .index = 1, .reason = "lost"},
                                       trial(Trial::screen, 1),
                                       trial(Trial::uniform, 0),
                                       trial(Trial::ablation, 1),
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
  const auto tried = [](auto change) {
    TrialRecord record = trial(Trial::ablation, 0);
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
      {"a failure of a control of a search beyond",
       FailureRecord{.of = Subject::best_single, .index = 2, .reason = ""}},
      {"a trial of an adapter beyond", trial(Trial::screen, 2)},
      {"a trial of shots beyond", tried([](auto& t) {
         t.kind = Trial::screen;
         t.index = 1;
       })},
      {"a second trial of equal weights", trial(Trial::uniform, 1)},
      {"a trial without an adapter that is not there", trial(Trial::ablation, 2)},
      {"a trial of a search beyond", tried([](auto& t) { t.index = 2; })},
      {"a trial with too few losses", tried([](auto& t) { t.nll.pop_back(); })},
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
