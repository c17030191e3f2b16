// SPDX-License-Identifier: Apache-2.0
// Spectra of the demo's adapters, of compositions of them and of whole results, against numpy's decomposition of the
// dense products (tests/golden/make/make_spectrum.py).
#include "data/adapters/adapter.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/model/checkpoint.h"
#include "data/results/results_reader.h"
#include "data/results/spectrum_file.h"
#include "data/results/spectrum_tables.h"
#include "pipeline/collect/compose_found.h"
#include "pipeline/page/page.h"
#include "pipeline/spectrum/changed_sites.h"
#include "pipeline/spectrum/spectrum_builder.h"
#include "pipeline/spectrum/spectrum_of_results.h"
#include "pipeline/spectrum/spectrum_summary.h"
#include "pipeline/spectrum/spectrum_text.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

std::filesystem::path demo(const std::string& name) { return std::filesystem::path(LORASWEEP_DEMO_DIR) / name; }

const Json& golden() {
  static const Json read = parse_json(
      read_file(std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "spectrum" / "spectrum.json", 1 << 20), "spectrum.json");
  return read;
}

std::vector<std::string> names() { return golden().at("names"); }

std::vector<std::filesystem::path> directories() {
  std::vector<std::filesystem::path> places;
  for (const std::string& name : names()) places.push_back(demo("adapters/" + name));
  return places;
}

// The sites of a golden against the rows from `first` on. Values that numpy computes as rounding noise are zero.
void expect_sites(const Spectrum& s, std::size_t first, const Json& sites) {
  const auto components = static_cast<std::size_t>(s.components);
  std::size_t row = first;
  for (const auto& [site, wanted] : sites.items()) {
    ASSERT_EQ(s.site.at(row), site);
    const std::vector<double> values = wanted.at("values");
    for (std::size_t k = 0; k < values.size(); ++k)
      EXPECT_NEAR(s.singular_values[row * components + k], values[k], 1e-6 * values[0]) << site << " " << k;
    EXPECT_NEAR(s.frobenius[row] / wanted.at("frobenius").get<double>(), 1, 1e-6) << site;
    EXPECT_NEAR(s.top_share[row] / wanted.at("top_share").get<double>(), 1, 1e-6) << site;
    EXPECT_NEAR(s.effective_rank[row] / wanted.at("effective_rank").get<double>(), 1, 1e-6) << site;
    EXPECT_NEAR(s.stable_rank[row] / wanted.at("stable_rank").get<double>(), 1, 1e-6) << site;
    ++row;
  }
}

TEST(SpectrumOfAdapters, IsNumpys) {
  const Spectrum s = spectrum_of_adapters(directories());
  EXPECT_EQ(s.components, 8);
  const std::size_t sites = golden().at("adapters").at(0).size();
  ASSERT_EQ(s.of.size(), names().size() * sites);
  for (std::size_t a = 0; a < names().size(); ++a) expect_sites(s, a * sites, golden().at("adapters").at(a));
  ASSERT_EQ(s.overlap.of.size(), golden().at("overlap").size());
  for (std::size_t pair = 0; pair < s.overlap.of.size(); ++pair) {
    const Json& wanted = golden().at("overlap").at(pair);
    EXPECT_EQ(s.overlap.adapter_index[pair], wanted.at(0));
    EXPECT_EQ(s.overlap.with_adapter[pair], wanted.at(1));
    EXPECT_EQ(s.overlap.n_sites[pair], sites);
    EXPECT_NEAR(s.overlap.out[pair], wanted.at(2), 1e-6);
    EXPECT_NEAR(s.overlap.in[pair], wanted.at(3), 1e-6);
  }
}

class SpectrumOfACompositionTest : public testing::TestWithParam<Composition> {};

TEST_P(SpectrumOfACompositionTest, IsNumpys) {
  const Checkpoint base(demo("base"));
  RecordedLibrary library{.base = base.plan(), .composition = GetParam(), .adapters = {}};
  std::vector<Adapter> adapters;
  SpectrumBuilder builder;
  const std::vector<LoraSite> sites = lora_sites(library.base);
  for (std::size_t a = 0; a < names().size(); ++a) {
    const Adapter adapter(directories()[a], library.base);
    library.adapters.push_back({names()[a], directories()[a].string(), adapter.digest(), ""});
    builder.add_adapter(static_cast<std::int32_t>(a), changed_sites(adapter, sites));
  }
  const std::vector<ComposedModel> models =
      compose_found(library, {{.adapters = {0, 1, 2}, .weights = golden().at("weights").get<std::vector<double>>()}});
  builder.add_composition(0, 0, {0, 1, 2}, changed_sites(models.front()));
  const Spectrum s = std::move(builder).finish();
  const Json& wanted = golden().at("composed").at(name_of(GetParam()));
  expect_sites(s, names().size() * wanted.at("sites").size(), wanted.at("sites"));
  for (std::size_t a = 0; a < names().size(); ++a) {
    const std::size_t pair = golden().at("overlap").size() + a;
    EXPECT_EQ(s.overlap.of[pair], static_cast<std::int8_t>(SpectrumOf::composition));
    EXPECT_NEAR(s.overlap.out[pair], wanted.at("overlap").at(a).at(0), 2e-6);
    EXPECT_NEAR(s.overlap.in[pair], wanted.at("overlap").at(a).at(1), 2e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Compositions, SpectrumOfACompositionTest,
                         testing::Values(Composition::lorahub, Composition::exact),
                         [](const auto& each) { return std::string(name_of(each.param)); });

SweepResults fixture() {
  return read_results(std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "v0.1.0" / "lorahub" / "results.h5");
}

TEST(SpectrumOfResults, IsWrittenReadAndShownAndChangesNoDigest) {
  const TemporaryFolder folder;
  const SweepResults results = fixture();
  const std::filesystem::path without = folder.path() / "without.h5", with = folder.path() / "with.h5";
  write_results(results, without);
  EXPECT_FALSE(read_spectrum(without, results));
  EXPECT_THAT(page({{"without", results}}, {}), testing::Not(testing::HasSubstr("id=\"spectrum\"")));

  const Spectrum spectrum = spectrum_of_results(results, AnalysedSearches::all, demo("adapters"));
  write_results_with_spectrum(results, spectrum, with);
  EXPECT_EQ(verify_results(with), verify_results(without));
  const SweepResults again = read_results(with);
  const std::optional<Spectrum> read = read_spectrum(with, again);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->site, spectrum.site);
  EXPECT_EQ(read->top_share, spectrum.top_share);
  EXPECT_EQ(read->overlap.out, spectrum.overlap.out);

  const std::vector<SubjectSpectrum> subjects = subjects_of(*read);
  EXPECT_EQ(std::ranges::count(subjects, SpectrumOf::composition, &SubjectSpectrum::of), 4);  // two tasks, two seeds
  const std::string html = page({{"with", again}}, {}, {read});
  EXPECT_THAT(html, testing::HasSubstr("id=\"spectrum\""));
  for (const SubjectSpectrum& subject : subjects)
    EXPECT_THAT(html, testing::HasSubstr(subject_name({again.adapters.name, again.summary.task}, subject)));
}

TEST(SpectrumOfResults, WithAnIndexOutOfRangeIsRefusedByItsColumn) {
  const TemporaryFolder folder;
  const SweepResults results = fixture();
  Spectrum spectrum = spectrum_of_results(results, AnalysedSearches::best, demo("adapters"));
  spectrum.overlap.with_adapter.back() = static_cast<std::int32_t>(results.adapters.name.size());
  EXPECT_THAT(first_contradiction(spectrum, results), testing::HasSubstr("overlap/with_adapter"));
  spectrum.overlap.with_adapter.back() = 0;
  spectrum.task_index.front() = 0;  // of an adapter
  EXPECT_THAT(first_contradiction(spectrum, results), testing::HasSubstr("spectrum/task_index"));
  spectrum.task_index.front() = -1;
  EXPECT_EQ(first_contradiction(spectrum, results), "");
  spectrum.rank.pop_back();
  EXPECT_THROW(write_results_with_spectrum(results, spectrum, folder.path() / "wrong.h5"), InternalError);
}

TEST(SpectrumOfResults, IsOfTheBestSearchOfEachTaskUnlessAllAreWanted) {
  const SweepResults results = fixture();
  const Spectrum best = spectrum_of_results(results, AnalysedSearches::best, demo("adapters"));
  std::vector<std::int32_t> replicates;
  for (const SubjectSpectrum& subject : subjects_of(best))
    if (subject.of == SpectrumOf::composition) replicates.push_back(subject.replicate);
  std::vector<std::int32_t> lowest;
  const Summary& s = results.summary;
  for (std::size_t t = 0; t < s.task.size(); ++t) {
    const auto begin = s.best_objective.begin() + static_cast<std::ptrdiff_t>(t * s.seed.size());
    lowest.push_back(
        static_cast<std::int32_t>(std::min_element(begin, begin + static_cast<std::ptrdiff_t>(s.seed.size())) - begin));
  }
  EXPECT_EQ(replicates, lowest);
}

TEST(SpectrumOfResults, NamesAnAdapterThatIsGone) {
  const TemporaryFolder folder;
  const SweepResults results = fixture();
  EXPECT_EQ(refusal_of([&] { spectrum_of_results(results, AnalysedSearches::all, folder.path()); }).code,
            ExitCode::bad_input);
}

TEST(SpectrumText, HasEverySiteInEveryForm) {
  const Spectrum s = spectrum_of_adapters(directories());
  const SpectrumNames called{names(), {}};
  const std::size_t rows = s.of.size();
  const std::string csv = spectrum_csv(s, called), pairs = overlap_csv(s, called);
  EXPECT_EQ(std::ranges::count(csv, '\n'), 1 + std::ssize(s.of));
  EXPECT_EQ(std::ranges::count(pairs, '\n'), 1 + 3);
  const Json json = Json::parse(spectrum_json(s, called));
  std::size_t sites = 0;
  for (const Json& adapter : json.at("adapters")) sites += adapter.at("sites").size();
  EXPECT_EQ(sites, rows);
  EXPECT_EQ(json.at("adapters").at(1).at("sites").at(2).at("singular_values").size(), 8u);
  EXPECT_EQ(json.at("overlap").size(), 3u);
}

TEST(SpectrumOfAdapters, RefusesWhatIsNoPlainLoraByFileAndTensor) {
  const TemporaryFolder folder;
  const std::filesystem::path copy = folder.path() / "copy";
  std::filesystem::copy(directories().front(), copy);
  std::string config = read_file(copy / "adapter_config.json", 1 << 20);
  Json changed = Json::parse(config);
  changed["r"] = 4;
  folder.write("copy/adapter_config.json", changed.dump());
  EXPECT_THAT(refusal_of([&] { spectrum_of_adapters({copy}); }), Refused(ExitCode::bad_input, "adapter_model", {"4"}));
}

}  // namespace
}  // namespace lorasweep
