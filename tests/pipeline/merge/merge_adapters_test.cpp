// SPDX-License-Identifier: Apache-2.0
// Merged adapters against PEFT's add_weighted_adapter() (tests/golden/make/make_merges.py).
#include "pipeline/merge/merge_adapters.h"

#include "data/adapters/adapter.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/safetensors.h"
#include "data/formats/safetensors_writer.h"
#include "data/model/checkpoint.h"
#include "pipeline/spectrum/changed_sites.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using std::filesystem::path;

path demo(const std::string& name) { return path(LORASWEEP_DEMO_DIR) / name; }
path golden(const std::string& name) { return path(LORASWEEP_GOLDEN_DIR) / "merges" / name; }

const Json& cases() {
  static const Json read = parse_json(read_file(golden("merges.json"), 1 << 20), "merges.json");
  return read;
}

// The first ranks of every factor, as make_merges.py does it.
path narrowed(const path& from, const path& to) {
  const std::int64_t rank = cases().at("rank");
  const SafetensorsFile file{RandomAccessFile(from / "adapter_model.safetensors")};
  std::map<std::string, Tensor> tensors;
  for (const TensorInfo& info : file.tensors()) {
    const Tensor whole = file.read(info.name);
    const bool is_a = info.name.find(".lora_A.") != std::string::npos;
    Tensor& part = tensors[info.name];
    part.shape = is_a ? std::vector{rank, whole.shape[1]} : std::vector{whole.shape[0], rank};
    for (std::int64_t i = 0; i < part.shape[0]; ++i)
      for (std::int64_t j = 0; j < part.shape[1]; ++j)
        part.values.push_back(whole.values[static_cast<std::size_t>(i * whole.shape[1] + j)]);
  }
  Json config = parse_json(read_file(from / "adapter_config.json", 1 << 20), "adapter_config.json");
  config["r"] = rank;
  config["lora_alpha"] = cases().at("alpha");
  std::filesystem::create_directories(to);
  write_safetensors(to / "adapter_model.safetensors", tensors);
  write_file_atomically(to / "adapter_config.json", config.dump());
  return to;
}

std::vector<path> adapters(const TemporaryFolder& folder) {
  std::vector<path> places;
  for (const std::string name : cases().at("names")) places.push_back(demo("adapters/" + name));
  places[2] = narrowed(places[2], folder.path() / "narrow");
  return places;
}

std::vector<double> change_of(const path& adapter, const std::string& site) {
  const ChangedSites sites = changed_sites_of_directory(adapter);
  const auto place = std::ranges::find(sites.names, site) - sites.names.begin();
  const SiteChange change = sites.read(static_cast<std::size_t>(place));
  const Tensor &a = change.factors.a, &b = change.factors.b;
  std::vector<double> product;
  for (std::int64_t i = 0; i < b.shape[0]; ++i)
    for (std::int64_t j = 0; j < a.shape[1]; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < a.shape[0]; ++k)
        sum += static_cast<double>(b.values[static_cast<std::size_t>(i * a.shape[0] + k)]) *
               static_cast<double>(a.values[static_cast<std::size_t>(k * a.shape[1] + j)]);
      product.push_back(sum * change.scaling);
    }
  return product;
}

StaticMerge merge_named(const std::string& name) {
  for (const StaticMerge merge :
       {StaticMerge::cat, StaticMerge::svd, StaticMerge::ties_svd, StaticMerge::magnitude_prune_svd})
    if (name == name_of(merge)) return merge;
  ADD_FAILURE() << name;
  return StaticMerge::cat;
}

class MergeAdapters : public testing::TestWithParam<std::string> {};

TEST_P(MergeAdapters, IsPefts) {
  const TemporaryFolder folder;
  const Json& arguments = cases().at("cases").at(GetParam());
  MergeRequest request{.adapters = adapters(folder),
                       .weights = arguments.at("weights").get<std::vector<double>>(),
                       .rule = {.merge = merge_named(arguments.at("combination_type")),
                                .rank = arguments.value("svd_rank", 0),
                                .density = arguments.value("density", 1.0)}};
  if (arguments.value("majority_sign_method", "total") == "frequency") request.rule.sign = MajoritySign::frequency;
  const path merged = folder.path() / "merged";
  merge_adapters(request, merged);
  const Adapter accepted(merged, Checkpoint(demo("base")).plan());
  const int rank = request.rule.merge == StaticMerge::cat ? 20 : request.rule.rank == 0 ? 8 : request.rule.rank;
  EXPECT_EQ(accepted.rank(), rank);
  EXPECT_EQ(accepted.sites().size(), 14u);
  const SafetensorsFile file{RandomAccessFile(golden("merges.safetensors"))};
  for (std::size_t number = 0; number < cases().at("sites").size(); ++number) {
    const std::vector<double> ours = change_of(merged, cases().at("sites").at(number));
    const Tensor theirs = file.read(GetParam() + "." + std::to_string(number));
    ASSERT_EQ(ours.size(), theirs.values.size());
    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const double wanted = theirs.values[i];
      difference += (ours[i] - wanted) * (ours[i] - wanted);
      norm += wanted * wanted;
    }
    EXPECT_LT(std::sqrt(difference / norm), 1e-5) << cases().at("sites").at(number);
  }
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& [name, arguments] : cases().at("cases").items()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Cases, MergeAdapters, testing::ValuesIn(case_names()),
                         [](const auto& each) { return each.param; });

TEST(MergeAdaptersEdge, WithoutWeightsIsTheMean) {
  const TemporaryFolder folder;
  const path one = demo("adapters/tiny_flan-reverse_v1"), other = demo("adapters/tiny_flan-last_v2");
  merge_adapters({.adapters = {one, other}, .weights = {}, .rule = {.merge = StaticMerge::cat}},
                 folder.path() / "mean");
  const std::string site = cases().at("sites").at(0);
  const std::vector<double> a = change_of(one, site), b = change_of(other, site),
                            mean = change_of(folder.path() / "mean", site);
  for (std::size_t i = 0; i < mean.size(); ++i) EXPECT_NEAR(mean[i], (a[i] + b[i]) / 2, 1e-6);
}

TEST(MergeAdaptersEdge, RefusesAnotherNumberOfWeightsAndAnAdapterThatIsThere) {
  const TemporaryFolder folder;
  const path one = demo("adapters/tiny_flan-reverse_v1");
  EXPECT_THAT(refusal_of([&] {
                merge_adapters({.adapters = {one}, .weights = {1, 2}}, folder.path() / "new");
              }),
              Refused(ExitCode::usage, "--weights", {"2", "1"}));
  merge_adapters({.adapters = {one}, .weights = {}, .rule = {.rank = 2}}, folder.path() / "new");
  EXPECT_THAT(refusal_of([&] { merge_adapters({.adapters = {one}, .weights = {}}, folder.path() / "new"); }),
              Refused(ExitCode::usage, "--out", {}));
}

TEST(MergeAdaptersEdge, WritesNothingBesideWhatIsThere) {
  const TemporaryFolder folder;
  write_file_atomically(folder.path() / "journal", "somebody's run");
  EXPECT_THAT(refusal_of([&] {
                merge_adapters({.adapters = {demo("adapters/tiny_flan-reverse_v1")}, .weights = {}}, folder.path());
              }),
              Refused(ExitCode::usage, "--out", {folder.path().string()}));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "adapter_config.json"));
}

}  // namespace
}  // namespace lorasweep
