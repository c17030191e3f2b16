// SPDX-License-Identifier: Apache-2.0
// Results to a file and back, and what happens where the file system does not want them.
#include "data/core/error.h"
#include "data/core/file.h"
#include "data/results/hdf5_file.h"
#include "data/results/results_check.h"
#include "data/results/results_reader.h"
#include "data/results/results_schema.h"
#include "data/results/results_writer.h"
#include "tests/data/results/sample_results.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace lorasweep {
namespace {

using testing::HasSubstr;

class ResultsFileTest : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name = "results.h5") const { return folder_.path() / name; }
  std::string digest_of(const SweepResults& results) const {
    write_results(results, path("digest.h5"));
    return verify_results(path("digest.h5"));
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
  }

 private:
  TemporaryFolder folder_;
};

void expect_same_column(const Table& table, const Column& column, const Column& other) {
  std::visit(
      [&]<typename T>(const std::vector<T>* values) {
        const auto& others = *std::get<std::vector<T>*>(other.values);
        ASSERT_EQ(values->size(), others.size()) << table.name << "/" << column.name;
        for (std::size_t i = 0; i < values->size(); ++i) {
          if constexpr (std::is_same_v<T, double>)
            EXPECT_EQ(std::bit_cast<std::uint64_t>((*values)[i]), std::bit_cast<std::uint64_t>(others[i]))
                << table.name << "/" << column.name << "[" << i << "]";
          else
            EXPECT_EQ((*values)[i], others[i]) << table.name << "/" << column.name << "[" << i << "]";
        }
      },
      column.values);
}

// The sample with a number of every adapter for q and one for v.
SweepResults with_places() {
  SweepResults results = sample_results();
  const auto twice = [](std::vector<double>& values) {
    std::vector<double> each;
    for (const double value : values) each.insert(each.end(), {value, -value});
    values = std::move(each);
  };
  results.summary.place = {"q", "v"};
  twice(results.summary.best_weights);
  twice(results.evaluations.weights);
  for (ComposedModel& model : results.composed) twice(model.weights);
  return results;
}

TEST_F(ResultsFileTest, OfAScopeHaveWeightsInEveryPlace) {
  SweepResults written = with_places();
  write_results(written, path());
  const SweepResults read = read_results(path());
  sort_rows(written);
  EXPECT_EQ(read.summary.place, (std::vector<std::string>{"q", "v"}));
  const auto bits = [](const std::vector<double>& values) {
    std::vector<std::uint64_t> all;
    for (const double value : values)
      all.push_back(std::bit_cast<std::uint64_t>(std::isnan(value) ? std::abs(value) : value));
    return all;
  };
  EXPECT_EQ(bits(read.summary.best_weights), bits(written.summary.best_weights));
  EXPECT_EQ(bits(read.evaluations.weights), bits(written.evaluations.weights));
  ASSERT_FALSE(read.composed.empty());
  EXPECT_EQ(read.composed[0].weights.size(), 2 * read.composed[0].adapters.size());
  const Hdf5File file = Hdf5File::open(path());
  EXPECT_EQ(file.extents("/summary/best_weights"), (Extents{2, 2, 3, 2}));
  EXPECT_EQ(file.extents("/evaluations/weights"), (Extents{12, 3, 2}));
  EXPECT_TRUE(file.has_scale("/summary/best_weights", 3, "/summary/place"));
  write_results(sample_results(), path("plain.h5"));
  EXPECT_FALSE(Hdf5File::open(path("plain.h5")).has("/summary/place"));
}

TEST_F(ResultsFileTest, ComeBackFromTheFile) {
  SweepResults written = sample_results();
  write_results(written, path());
  SweepResults read = read_results(path());
  sort_rows(written);
  EXPECT_EQ(read.title, written.title);
  EXPECT_EQ(read.created_utc, written.created_utc);
  EXPECT_EQ(read.run_uuid, written.run_uuid);
  EXPECT_EQ(read.complete, written.complete);
  EXPECT_EQ(read.n_units, 8);
  EXPECT_EQ(read.n_failed, 1);
  EXPECT_EQ(read.summary.task, written.summary.task);
  EXPECT_EQ(read.summary.adapter_slots, 3);
  EXPECT_EQ(read.summary.steps, 4);
  EXPECT_EQ(read.provenance, written.provenance);
  const auto tables = result_tables(read), expected = result_tables(written);
  ASSERT_EQ(tables.size(), 8u);
  for (std::size_t t = 0; t < tables.size(); ++t)
    for (std::size_t c = 0; c < tables[t].columns.size(); ++c)
      expect_same_column(tables[t], tables[t].columns[c], expected[t].columns[c]);
}

TEST_F(ResultsFileTest, OfSchema10SayNothingOfWhatWasCutAndCountWhatIsFinished) {
  const std::filesystem::path golden = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "v0.1.0/lorahub/results.h5";
  const SweepResults read = read_results(golden);
  const Summary& s = read.summary;
  ASSERT_EQ(s.task.size(), 2u);
  EXPECT_THAT(s.n_finished, testing::Each(static_cast<std::int32_t>(s.seed.size())));
  for (const auto* column : {&s.n_finished, &s.n_cut_shots, &s.n_cut_shot_targets, &s.n_cut_test, &s.n_cut_few_shot})
    EXPECT_EQ(column->size(), s.task.size());
  for (const auto* column : {&s.n_cut_shots, &s.n_cut_shot_targets, &s.n_cut_test, &s.n_cut_few_shot})
    EXPECT_THAT(*column, testing::Each(-1));
  EXPECT_EQ(read.predictions.input_cut.size(), read.predictions.of.size());
  EXPECT_THAT(read.predictions.input_cut, testing::Each(static_cast<std::int8_t>(InputCut::unknown)));
  EXPECT_EQ(read.adapters.n_sites.size(), read.adapters.name.size());
  EXPECT_THAT(read.adapters.n_idle_sites, testing::Each(-1));
  write_results(read, path());  // and can be written in today's schema
  EXPECT_THAT(read_results(path()).predictions.input_cut, testing::Each(static_cast<std::int8_t>(InputCut::unknown)));
}

TEST_F(ResultsFileTest, OfSchema11AreReadVerifiedAndWrittenAnew) {
  const std::filesystem::path golden = LORASWEEP_GOLDEN_DIR "/results/schema_1_1.h5";
  EXPECT_EQ(verify_results(golden), "2b86ead0b036666e590e505101bb8c9fc525f042101ec49c016777fb43282c1b");
  SweepResults read = read_results(golden);
  EXPECT_EQ(read.summary.n_cut_few_shot, (std::vector{-1, 3}));
  EXPECT_EQ(read.evaluations.shots, 0);
  EXPECT_TRUE(read.evaluations.nll.empty());
  EXPECT_THAT(read.predictions.n_tokens, testing::Each(-1));
  EXPECT_THAT(read.summary.guard, testing::Each(static_cast<std::int8_t>(GuardCode::none)));
  EXPECT_TRUE(read.examples.role.empty());
  EXPECT_FALSE(read.screen.has_value());
  ASSERT_EQ(read.composed.size(), 3u);
  const SweepResults expected = sample_results();
  for (const ComposedModel& model : read.composed) {
    const auto same = std::ranges::find_if(expected.composed, [&](const ComposedModel& m) {
      return m.task_index == model.task_index && m.replicate == model.replicate;
    });
    for (const TensorInfo& info : model.tensors) EXPECT_EQ(model.read(info.name).values, same->read(info.name).values);
  }
  write_results(read, path());
  EXPECT_EQ(read_results(path()).composed.size(), 3u);
}

TEST_F(ResultsFileTest, HoldComposedModelsInFewObjects) {
  write_results(sample_results(), path());
  const Hdf5File file = Hdf5File::open(path());
  const auto members = file.members("/composed");
  EXPECT_EQ(members.size(), 11u + 3 + 2 + 3) << "columns, their scales, scales of numbers, a dataset for each model";
  EXPECT_EQ(file.extents("/composed/tensor_name"), (Extents{2})) << "which all models share";
  EXPECT_EQ(file.extents("/composed/values_0"), (Extents{1, 1024}));
}

TEST_F(ResultsFileTest, HaveTheTokensOfTheirAnswersInTheOrderOfThese) {
  write_results(sample_results(), path());
  const Predictions p = read_results(path()).predictions;
  EXPECT_EQ(p.n_tokens, (std::vector{1, 1, -1, 3}));
  EXPECT_EQ(p.first_token, (std::vector<std::int64_t>{0, 1, -1, 2}));
  EXPECT_EQ(p.tokens, (std::vector{0, 0, 20, 21, 22}));
}

TEST_F(ResultsFileTest, MayHaveSeveralDrawsOfShotsScreened) {
  SweepResults results = sample_results();
  results.screen->shot_seed = {42, 43};
  results.screen->loss.resize(12, 0.5);
  results.screen->nll.resize(24, 1.5);
  write_results(results, path());
  const SweepResults read = read_results(path());
  ASSERT_TRUE(read.screen.has_value());
  EXPECT_EQ(read.screen->shot_seed, (std::vector<std::int64_t>{42, 43}));
  EXPECT_EQ(read.screen->loss[11], 0.5);
  results.screen.reset();
  write_results(results, path());
  EXPECT_FALSE(read_results(path()).screen.has_value());
}

TEST_F(ResultsFileTest, GivesTheTensorsOfComposedModelsWhenAsked) {
  const SweepResults written = sample_results();
  write_results(written, path());
  const SweepResults read = read_results(path());
  ASSERT_EQ(read.composed.size(), 3u);
  for (const ComposedModel& model : read.composed) {
    const auto same = [&](const ComposedModel& m) {
      return m.task_index == model.task_index && m.replicate == model.replicate;
    };
    const ComposedModel& original = *std::ranges::find_if(written.composed, same);
    EXPECT_EQ(model.adapter_config, original.adapter_config);
    EXPECT_EQ(model.weights, original.weights);
    EXPECT_EQ(model.adapters, original.adapters);
    ASSERT_EQ(model.tensors.size(), 2u);
    for (const TensorInfo& info : model.tensors) {
      EXPECT_EQ(model.read(info.name).values, original.read(info.name).values);
      EXPECT_EQ(model.read(info.name).shape, info.shape);
    }
  }
}

TEST_F(ResultsFileTest, AreTheSameBytesWhateverTheOrderOfRows) {
  SweepResults results = sample_results();
  write_results(results, path("one.h5"));
  sort_rows(results);
  std::ranges::reverse(results.composed);
  write_results(results, path("two.h5"));
  EXPECT_EQ(read_file(path("one.h5"), 1 << 26), read_file(path("two.h5"), 1 << 26));
}

TEST_F(ResultsFileTest, HaveADigestThatOnlyResultsChange) {
  const std::string digest = digest_of(sample_results());
  SweepResults later = sample_results();
  later.created_utc = "2030-01-01T00:00:00Z";
  later.run_uuid = "other";
  later.provenance = {{"hosts", "elsewhere"}};
  std::ranges::fill(later.evaluations.t_finished_utc, 1.0);
  std::ranges::fill(later.evaluations.duration_s, std::nan(""));
  std::ranges::fill(later.evaluations.worker_rank, 9);
  std::ranges::fill(later.evaluations.attempt, 2);
  std::ranges::fill(later.summary.n_cut_test, -1);
  std::ranges::fill(later.predictions.input_cut, static_cast<std::int8_t>(InputCut::unknown));
  std::ranges::fill(later.adapters.n_idle_sites, -1);
  later.composed.pop_back();
  later.examples = {};
  later.statistics = {};
  std::ranges::fill(later.predictions.target, "");
  std::ranges::fill(later.summary.canary, "");
  std::ranges::fill(later.summary.by_shots, -1);
  EXPECT_EQ(digest_of(later), digest);

  SweepResults other = sample_results();
  other.evaluations.weights[0] += 1e-15;
  EXPECT_NE(digest_of(other), digest);
  other = sample_results();
  other.predictions.prediction[0] = " ";
  EXPECT_NE(digest_of(other), digest);
  other = sample_results();
  other.evaluations.nll[0] += 1e-15;
  EXPECT_NE(digest_of(other), digest);
  other = sample_results();
  other.predictions.tokens[0] = 7;
  EXPECT_NE(digest_of(other), digest);
  other = sample_results();
  other.screen.reset();
  EXPECT_NE(digest_of(other), digest);
  other = sample_results();
  other.summary.task_sha256[0] = "";
  EXPECT_NE(digest_of(other), digest);
  other = sample_results();
  other.n_failed = 0;
  EXPECT_NE(digest_of(other), digest);
}

TEST_F(ResultsFileTest, TakesEveryNanForTheSame) {
  SweepResults negative = sample_results();
  for (double& value : negative.summary.accuracy)
    if (std::isnan(value)) value = -value;
  EXPECT_EQ(digest_of(negative), digest_of(sample_results()));
}

TEST_F(ResultsFileTest, MayBeEmpty) {
  write_results(SweepResults{}, path());
  const SweepResults read = read_results(path());
  EXPECT_TRUE(read.summary.task.empty());
  EXPECT_TRUE(read.evaluations.loss.empty());
  verify_results(path());
}

TEST_F(ResultsFileTest, ReplacesTextThatPythonCouldNotRead) {
  SweepResults results = sample_results();
  results.predictions.prediction[0] = std::string("a\0b\xff", 4);
  results.adapters.source[0] = "caf\xe9";
  write_results(results, path());
  const SweepResults read = read_results(path());
  EXPECT_THAT(read.predictions.prediction, testing::Contains("a\xef\xbf\xbd"
                                                             "b\xef\xbf\xbd"));
  EXPECT_EQ(read.adapters.source[0], "caf\xef\xbf\xbd");
}

TEST_F(ResultsFileTest, ReplacesAnOlderFileWholeAndLeavesNothingBeside) {
  std::ofstream(path()) << "old";
  write_results(sample_results(), path());
  EXPECT_EQ(read_results(path()).title, "a sample");
  EXPECT_EQ(files(), 1u);
}

TEST_F(ResultsFileTest, RefusesResultsThatDoNotFitTogether) {
  SweepResults results = sample_results();
  results.summary.accuracy.pop_back();
  EXPECT_THROW(write_results(results, path()), InternalError);
  results = sample_results();
  results.summary.task[0] = "a/b";
  EXPECT_THROW(write_results(results, path()), InternalError);
  results = sample_results();
  results.evaluations.task_index[0] = 2;
  EXPECT_THROW(write_results(results, path()), InternalError);
  results = sample_results();
  results.composed.push_back(results.composed.front());
  EXPECT_THROW(write_results(results, path()), InternalError);
  EXPECT_EQ(files(), 0u);
}

TEST_F(ResultsFileTest, LeavesTheOldFileWhenATensorCannotBeRead) {
  std::ofstream(path()) << "old";
  SweepResults results = sample_results();
  results.composed[1].read = [](const std::string&) -> Tensor { throw InputError("adapter", "is gone"); };
  EXPECT_THROW(write_results(results, path()), InputError);
  EXPECT_EQ(read_file(path(), 100), "old");
  EXPECT_EQ(files(), 1u);
}

TEST_F(ResultsFileTest, RefusesADirectoryThatIsNotThere) {
  EXPECT_THROW(write_results(sample_results(), path("none") / "results.h5"), StorageError);
}

// In a child, which must also end well: HDF5's own clean-up at exit is known to crash after a full disk.
TEST_F(ResultsFileTest, FullDiskIsAnErrorThatLeavesTheOldFile) {
  std::ofstream(path()) << "old";
  for (const rlim_t limit : {rlim_t{0}, rlim_t{4096}, rlim_t{100'000}}) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit size{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &size);
      try {
        write_results(sample_results(), path());
      } catch (const StorageError&) {
        std::exit(17);
      }
      std::exit(18);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status)) << "limit " << limit;
    EXPECT_EQ(WEXITSTATUS(status), 17) << "limit " << limit;
    EXPECT_EQ(read_file(path(), 100), "old");
    EXPECT_EQ(files(), 1u);
  }
}

// The same without the question for room beforehand: the library itself runs into the limit.
TEST_F(ResultsFileTest, FullDiskInTheMiddleOfWritingIsAnErrorAndNoCrash) {
  for (const rlim_t limit : {rlim_t{0}, rlim_t{4096}, rlim_t{100'000}}) {
    const pid_t child = ::fork();
    if (child == 0) {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit size{limit, limit};
      ::setrlimit(RLIMIT_FSIZE, &size);
      try {
        Hdf5File file = Hdf5File::create(path());
        file.write_dataset("/x", list(std::vector<double>(100'000, 0.5)));
        file.close();
      } catch (const StorageError&) {
        std::exit(17);
      }
      std::exit(18);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status)) << "limit " << limit;
    EXPECT_EQ(WEXITSTATUS(status), 17) << "limit " << limit;
  }
}

TEST_F(ResultsFileTest, FindsChangedBytes) {
  write_results(sample_results(), path());
  const std::string whole = read_file(path(), 1 << 26);
  const std::size_t at = whole.find("line\nbreak");
  ASSERT_NE(at, std::string::npos);
  std::string changed = whole;
  changed[at] = 'L';
  std::ofstream(path(), std::ios::binary | std::ios::trunc) << changed;
  EXPECT_THROW(verify_results(path()), InputError);
}

TEST_F(ResultsFileTest, OfAnOlderSchemaAreReadAndVerifiedByItsRule) {
  const std::filesystem::path old = LORASWEEP_GOLDEN_DIR "/v0.1.0/lorahub/results.h5";
  EXPECT_EQ(verify_results(old), "b0d05da3d91516a0862eaec1cdf739fc9118265df6b8702d1c3a04e711356e39");
  const std::string source = read_results(old).adapters.source.front();
  std::string moved = read_file(old, 1 << 24);
  const std::size_t at = moved.find(source);
  ASSERT_NE(at, std::string::npos);
  moved[at] = '~';
  std::ofstream(path(), std::ios::binary | std::ios::trunc) << moved;
  EXPECT_EQ(read_results(path()).adapters.source.front(), "~" + source.substr(1));
  EXPECT_THROW(verify_results(path()), InputError);
}

TEST_F(ResultsFileTest, HaveADigestThatDoesNotDependOnWhereAdaptersLie) {
  SweepResults elsewhere = sample_results();
  for (std::string& source : elsewhere.adapters.source) source = "/another/place";
  for (std::string& format : elsewhere.adapters.format) format = "safetensors";
  EXPECT_EQ(digest_of(elsewhere), digest_of(sample_results()));
  elsewhere.adapters.sha256.front() = std::string(64, '0');
  EXPECT_NE(digest_of(elsewhere), digest_of(sample_results()));
}

TEST_F(ResultsFileTest, ErrorsNameTheSystemsReasonAndNoAddresses) {
  try {
    Hdf5File::open(path("missing.h5"));
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("No such file or directory"));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("0x")));
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("flags")));
  }
}

}  // namespace
}  // namespace lorasweep
