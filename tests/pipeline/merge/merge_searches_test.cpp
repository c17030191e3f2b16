// SPDX-License-Identifier: Apache-2.0
// Merges of the adapters of finished searches, as a library and a table of weights.
#include "pipeline/merge/merge_searches.h"

#include "data/core/file.h"
#include "data/results/results_reader.h"
#include "pipeline/merge/merge_adapters.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using std::filesystem::path;

path demo(const std::string& name) { return path(LORASWEEP_DEMO_DIR) / name; }

SweepResults fixture() { return read_results(path(LORASWEEP_GOLDEN_DIR) / "v0.1.0" / "lorahub" / "results.h5"); }

std::set<std::int32_t> set_of(const Summary& s, std::size_t cell) {
  const auto begin = s.adapter_index.begin() + static_cast<std::ptrdiff_t>(cell) * s.adapter_slots;
  std::set<std::int32_t> set(begin, begin + s.adapter_slots);
  set.erase(-1);
  return set;
}

constexpr MergeRule ties{.merge = StaticMerge::ties_svd, .rank = 0};

TEST(MergeSearches, GivesEverySearchTheMergeOfItsOwnAdapters) {
  const TemporaryFolder folder;
  const SweepResults results = fixture();
  const Summary& s = results.summary;
  const path merged = folder.path() / "ties";
  std::set<std::set<std::int32_t>> sets;
  for (std::size_t cell = 0; cell < s.task.size() * s.seed.size(); ++cell) sets.insert(set_of(s, cell));
  EXPECT_EQ(merge_searches(results, ties, merged, demo("adapters")), sets.size());
  const std::string table = read_file(merged / "weights.csv", 1 << 20);
  EXPECT_EQ(std::ranges::count(table, '\n'), 1 + std::ssize(s.task) * std::ssize(s.seed));

  // The first search's, once more by hand.
  MergeRequest request{.rule = ties};
  for (const std::int32_t a : set_of(s, 0))
    request.adapters.push_back(demo("adapters/" + results.adapters.name[static_cast<std::size_t>(a)]));
  merge_adapters(request, folder.path() / "alone");
  EXPECT_THAT(table, testing::HasSubstr(s.task[0] + "," + std::to_string(s.seed[0]) + ",set-0,1\n"));
  EXPECT_EQ(read_file(merged / "set-0" / "adapter_model.safetensors", 1 << 24),
            read_file(folder.path() / "alone" / "adapter_model.safetensors", 1 << 24));
}

TEST(MergeSearches, RefusesWhatATableOfWeightsCannotTellApart) {
  const TemporaryFolder folder;
  SweepResults results = fixture();
  results.summary.seed.assign(results.summary.seed.size(), 1);
  EXPECT_THAT(refusal_of([&] { merge_searches(results, ties, folder.path() / "new", demo("adapters")); }),
              Refused(ExitCode::bad_input, "seed 1", {results.summary.task[0]}));
}

TEST(MergeSearches, RefusesAFolderThatIsNotEmptyAndAdaptersThatAreGone) {
  const TemporaryFolder folder, full;
  full.write("something", "");
  EXPECT_THAT(refusal_of([&] { merge_searches(fixture(), ties, full.path(), demo("adapters")); }),
              Refused(ExitCode::usage, "--out", {}));
  EXPECT_EQ(refusal_of([&] { merge_searches(fixture(), ties, folder.path() / "new", folder.path()); }).code,
            ExitCode::bad_input);
}

}  // namespace
}  // namespace lorasweep
