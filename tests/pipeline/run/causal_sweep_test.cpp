// SPDX-License-Identifier: Apache-2.0
// Whole sweeps over a decoder-only model: the same values in however many lives and by however many workers, answers
// that stop, and everything that stands beside a search.
#include "data/adapters/adapter.h"
#include "data/core/error.h"
#include "data/core/json.h"
#include "data/journal/journal.h"
#include "pipeline/collect/export_adapter.h"
#include "pipeline/manifest/manifest.h"
#include "pipeline/manifest/run_records.h"
#include "tests/pipeline/run/small_sweep.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using testing::HasSubstr;

class CausalSweep : public SmallSweep {
 protected:
  const char* demo_file() const override { return "causal.toml"; }
  std::vector<std::string> small(std::vector<std::string> more = {}) const {
    std::vector<std::string> flags = {"search.budget=9", "tasks.limit=5", "predict.max_new_tokens=12"};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }
  nlohmann::ordered_json manifest(const std::string& name) const {
    const auto file = journal_path(directory(name));
    for (const Record& record : read_journal(file).records)
      if (const auto* found = std::get_if<ManifestRecord>(&record)) return parse_json(found->json, file.string());
    return {};
  }
};

TEST_F(CausalSweep, ValuesDependOnNeitherWorkersNorThreadsNorLives) {
  ASSERT_EQ(run("one", small({"run.workers=1"})), ExitCode::ok);
  const std::string expected = digest(results_path(directory("one")));
  ASSERT_EQ(run("three", small({"run.workers=3"})), ExitCode::ok);
  EXPECT_EQ(digest(results_path(directory("three"))), expected);
  ASSERT_EQ(run("threads", small({"run.workers=1", "run.threads=2"})), ExitCode::ok);
  EXPECT_EQ(digest(results_path(directory("threads"))), expected);
  const std::string journal = read_file(journal_path(directory("one")), 64u << 20);
  for (const std::size_t cut : {journal.size() / 3, journal.size() - 1}) {
    const std::string name = "cut" + std::to_string(cut);
    std::filesystem::create_directories(directory(name));
    write_file_atomically(journal_path(directory(name)), journal.substr(0, cut));
    ASSERT_EQ(run(name, small({"run.workers=2"})), ExitCode::ok) << cut;
    EXPECT_EQ(digest(results_path(directory(name))), expected) << cut;
  }
}

// With a letter as stop text: the white space that answers lose does not matter.
TEST_F(CausalSweep, AnswersEndBeforeAStopTextAndAreTheSameUpToIt) {
  const std::vector<std::string> few = small({"search.budget=1", "search.seeds=1"});
  const auto answers = [&](const std::string& name, const std::string& stop) {
    std::vector<std::string> flags = few;
    flags.push_back("predict.stop=" + stop);
    EXPECT_EQ(run(name, flags), ExitCode::ok);
    return read_results(results_path(directory(name))).predictions;
  };
  const Predictions whole = answers("whole", "[]"), cut = answers("cut", "e");
  ASSERT_EQ(cut.prediction.size(), whole.prediction.size());
  ASSERT_GT(cut.prediction.size(), 0u);
  std::size_t shorter = 0;
  for (std::size_t i = 0; i < cut.prediction.size(); ++i) {
    std::string expected = whole.prediction[i].substr(0, whole.prediction[i].find('e'));
    while (!expected.empty() && std::isspace(static_cast<unsigned char>(expected.back())) != 0) expected.pop_back();
    EXPECT_EQ(cut.prediction[i], expected) << i;
    shorter += cut.prediction[i].size() < whole.prediction[i].size() ? 1 : 0;
  }
  EXPECT_GT(shorter, 0u);
}

TEST_F(CausalSweep, RecordsWhatItsTextsWereMadeWithWhereThatIsUsed) {
  ASSERT_EQ(run("plain", small({"search.budget=1", "predict.stop=[]", "predict.baselines=[]"})), ExitCode::ok);
  const auto plain = manifest("plain").at("settings");
  EXPECT_EQ(plain.at("tasks").at("prompt"), "{input}\n");
  for (const char* key : {"completion", "template"}) EXPECT_FALSE(plain.at("tasks").contains(key)) << key;
  EXPECT_FALSE(plain.at("predict").contains("stop"));

  ASSERT_EQ(run("chat", small({"search.budget=1", "predict.baselines=[]", R"(tasks.prompt="{input}")",
                               "tasks.completion= {target}", "tasks.template=llama3"})),
            ExitCode::ok);
  const auto chat = manifest("chat").at("settings");
  EXPECT_EQ(chat.at("tasks").at("prompt"), "{input}");
  EXPECT_EQ(chat.at("tasks").at("completion"), " {target}");
  EXPECT_EQ(chat.at("tasks").at("template"), "llama3");
  EXPECT_EQ(chat.at("predict").at("stop"), nlohmann::ordered_json::array({"\n\n"}));
}

TEST_F(CausalSweep, IsNotContinuedWithOtherTexts) {
  ASSERT_EQ(run("begun", small({"search.budget=2"})), ExitCode::ok);
  for (const std::string other : {"tasks.completion= {target}", "tasks.template=alpaca", "predict.stop=Q:"}) {
    const Refusal refusal = refusal_of([&] { run("begun", small({"search.budget=2", other})); });
    EXPECT_EQ(refusal.code, ExitCode::bad_input);
    EXPECT_THAT(refusal.problem, HasSubstr(other.substr(0, other.find('=')))) << other;
  }
}

TEST_F(CausalSweep, ExportsAdaptersOfItsOwnKind) {
  ASSERT_EQ(run("r", small({"tasks.names=queue_size", "search.seeds=1", "predict.baselines=[]"})), ExitCode::ok);
  const SweepResults results = read_results(results_path(directory("r")));
  export_adapters(results, folder / "adapters");
  const auto written = folder / "adapters" / "queue_size" / "r0";
  const auto config = parse_json(read_file(written / "adapter_config.json", 1u << 20), "adapter_config.json");
  EXPECT_EQ(config.at("task_type"), "CAUSAL_LM");
  const Checkpoint base(std::filesystem::path(LORASWEEP_DEMO_DIR) / "causal/base");
  const Adapter adapter(written, base.plan(), &base);
  EXPECT_EQ(adapter.sites().size(), 4u * 7u) << "all seven maps of four layers";
}

TEST_F(CausalSweep, HasAllThatStandsBesideASearch) {
  std::vector<std::string> flags =
      small({"tasks.names=queue_size", "search.seeds=1", "adapters.select=screened", "adapters.count=3",
             "search.budget=30", "search.guard=leave-one-out", "search.composition=exact", "predict.ablate=true",
             "predict.baselines=zero-shot,few-shot,uniform,best-single,random-adapters"});
  ASSERT_EQ(run("all", flags), ExitCode::ok);
  const SweepResults results = read_results(results_path(directory("all")));
  for (const auto* accuracy : {&results.summary.accuracy_uniform, &results.summary.accuracy_best_single,
                               &results.summary.accuracy_random_adapters})
    EXPECT_TRUE(std::ranges::all_of(*accuracy, [](double value) { return value >= 0 && value <= 100; }));
}

TEST_F(CausalSweep, IsOnlyScreenedWhereThatIsAllThatIsWanted) {
  RunOptions screen = options("screen", small());
  screen.screen_only = true;
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_sweep(screen), ExitCode::ok);
  testing::internal::GetCapturedStdout();
}

}  // namespace
}  // namespace lorasweep
