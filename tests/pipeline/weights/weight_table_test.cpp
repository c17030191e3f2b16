// SPDX-License-Identifier: Apache-2.0
// Files told apart by content.
#include "pipeline/weights/weight_table.h"

#include "data/core/digest.h"
#include "data/core/error.h"
#include "data/results/results_writer.h"
#include "pipeline/weights/found_rows.h"
#include "tests/data/results/sample_results.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lorasweep {
namespace {

GivenFile read(const std::filesystem::path& file) { return read_weight_file(file, found_rows); }

TEST(WeightTable, IsReadByContentWhateverItsName) {
  const TemporaryFolder folder;
  const std::string csv = "task,seed,adapter,weight\n,,a,1\n", json = " \n[{\"adapter\": \"a\", \"weight\": 1}]";
  const GivenFile one = read(folder.write("x.json", csv)), other = read(folder.write("x.csv", json));
  ASSERT_EQ(one.rows.rows.size(), 1u);
  ASSERT_EQ(other.rows.rows.size(), 1u);
  EXPECT_EQ(one.rows.rows[0].adapter, other.rows.rows[0].adapter);
  EXPECT_EQ(one.sha256, sha256_hex(csv));
  EXPECT_EQ(other.sha256, sha256_hex(json));
  EXPECT_THAT(refusal_of([&] { read(folder.path() / "none"); }), Reported(ExitCode::bad_input, "none"));
}

TEST(WeightTable, OfAResultsFileHasTheFoundWeightsBitForBit) {
  const TemporaryFolder folder;
  const SweepResults sample = sample_results();
  const std::filesystem::path file = folder.path() / "results.h5";
  write_results(sample, file);
  const GivenFile found = read(file);
  EXPECT_EQ(found.rows.source, WeightSource::found);
  EXPECT_EQ(found.sha256, sha256_file(file));
  const Summary& s = sample.summary;
  std::size_t row = 0;
  for (std::size_t cell = 0; cell < s.status.size(); ++cell)
    for (std::int32_t slot = 0; slot < s.adapter_slots; ++slot) {
      const std::size_t at = cell * s.adapter_slots + slot;
      if (s.adapter_index[at] < 0 || std::isnan(s.best_weights[at])) continue;
      ASSERT_LT(row, found.rows.rows.size());
      const WeightRow& is = found.rows.rows[row++];
      EXPECT_EQ(is.task, s.task[cell / s.seed.size()]);
      EXPECT_EQ(static_cast<std::int64_t>(*is.seed), s.seed[cell % s.seed.size()]);
      EXPECT_EQ(is.adapter, sample.adapters.name[s.adapter_index[at]]);
      EXPECT_EQ(is.weight, s.best_weights[at]);
    }
  EXPECT_EQ(row, found.rows.rows.size());
  EXPECT_GT(row, 0u);
}

TEST(WeightTable, OfADamagedResultsFileIsRefused) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal_of([&] { read(folder.write("x.h5", "\x89HDF\r\n\x1a\nand then nothing")); }).code,
            ExitCode::bad_input);
}

}  // namespace
}  // namespace lorasweep
