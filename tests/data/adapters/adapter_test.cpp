// SPDX-License-Identifier: Apache-2.0
// Adapters as PEFT wrote them: the demo's, in both formats, and those of other shapes.
#include "data/adapters/adapter.h"

#include "data/adapters/adapter_search.h"
#include "tests/data/adapters/edited_adapter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <set>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::EndsWith;

const std::string first_a = "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight";

// A directory with the .bin of a demo adapter alone.
class BinOnly {
 public:
  explicit BinOnly(const std::string& name) {
    for (const char* file : {"adapter_config.json", "adapter_model.bin"})
      fs::copy_file(demo_dir / "adapters" / name / file, folder_.path() / file);
  }
  Adapter open() const { return Adapter(folder_.path(), demo_base()); }

 private:
  TemporaryFolder folder_;
};

TEST(Adapter, KnowsTheSitesWhereItAddsNothing) {
  const std::string first_b = "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_B.weight",
                    other_b = "base_model.model.encoder.block.1.layer.0.SelfAttention.v.lora_B.weight";
  EditedAdapter edited;
  EXPECT_EQ(edited.open().content().idle_sites, 0);
  std::ranges::fill(edited.tensors.at(first_b).values, 0.0f);
  EXPECT_EQ(edited.open().content().idle_sites, 1);
  std::ranges::fill(edited.tensors.at(first_a).values, -0.0f);
  EXPECT_EQ(edited.open().content().idle_sites, 1) << "both factors of one site";
  std::ranges::fill(edited.tensors.at(other_b).values, -0.0f);
  EXPECT_EQ(edited.open().content().idle_sites, 2);
  edited.tensors.at(other_b).values.back() = 1e-30f;
  EXPECT_EQ(edited.open().content().idle_sites, 1) << "small is not zero";
  EditedAdapter untrained;
  for (auto& [name, tensor] : untrained.tensors)
    if (name.find("lora_B") != std::string::npos) std::ranges::fill(tensor.values, 0.0f);
  EXPECT_EQ(untrained.open().content().idle_sites, 14);
  EditedAdapter unscaled;
  unscaled.config["lora_alpha"] = 0;
  EXPECT_EQ(unscaled.open().content().idle_sites, 14);
}

TEST(Adapter, ReadsAllOfTheDemo) {
  const std::vector<LoraSite> sites = lora_sites(demo_base());
  const std::vector<fs::path> names = search_adapters(demo_dir / "adapters").found;
  ASSERT_EQ(names.size(), 31u);
  std::set<std::string> digests;
  for (const fs::path& name : names) {
    const Adapter adapter(demo_dir / "adapters" / name, demo_base());
    EXPECT_EQ(adapter.name(), name.string());
    EXPECT_EQ(adapter.rank(), 8);
    EXPECT_EQ(adapter.alpha(), 16);
    EXPECT_EQ(adapter.base_model_name(), "tiny-flan-t5");
    EXPECT_EQ(adapter.format(), "safetensors");
    EXPECT_THAT(adapter.target_modules(), ElementsAre("q", "v"));
    ASSERT_EQ(adapter.sites().size(), 14u);  // q and v of 3 encoder blocks and twice of 2 decoder blocks
    EXPECT_TRUE(std::ranges::is_sorted(adapter.sites(), {}, &AdapterSite::site));
    for (const AdapterSite& site : adapter.sites()) {
      const LoraSite& changed = sites[site.site];
      EXPECT_TRUE(changed.module.ends_with(".q") || changed.module.ends_with(".v"));
      EXPECT_EQ(site.key_a, "base_model.model." + changed.module + ".lora_A.weight");
      EXPECT_EQ(site.scaling, 2);
      EXPECT_THAT(adapter.read_a(site).shape, ElementsAre(8, changed.in));
      EXPECT_THAT(adapter.read_b(site).shape, ElementsAre(changed.out, 8));
    }
    digests.insert(adapter.digest());
  }
  EXPECT_EQ(digests.size(), 31u);
}

TEST(Adapter, OnceLoadedIsReadFromMemoryAndNeedsItsFilesNoMore) {
  const Adapter from_files(demo_dir / "adapters" / "tiny_flan-copy_v1", demo_base());
  std::optional<Adapter> loaded;
  {
    const EditedAdapter removed;
    loaded.emplace(removed.open());
    loaded->load();
  }
  EXPECT_FALSE(fs::exists(loaded->directory()));
  EXPECT_EQ(loaded->digest(), from_files.digest());
  for (const AdapterSite& site : from_files.sites()) {
    EXPECT_EQ(loaded->read_a(site).shape, from_files.read_a(site).shape);
    EXPECT_EQ(loaded->read_a(site).values, from_files.read_a(site).values);
    EXPECT_EQ(loaded->read_b(site).shape, from_files.read_b(site).shape);
    EXPECT_EQ(loaded->read_b(site).values, from_files.read_b(site).values);
  }
  loaded->unload();
  EXPECT_THROW(loaded->digest(), std::exception);
}

TEST(Adapter, IsTheSameInBothFormats) {
  int compared = 0;
  for (const fs::path& name : search_adapters(demo_dir / "adapters").found) {
    if (!fs::exists(demo_dir / "adapters" / name / "adapter_model.bin")) continue;
    const Adapter safetensors(demo_dir / "adapters" / name, demo_base());
    const BinOnly directory(name.string());
    Adapter bin = directory.open();
    bin.load();
    EXPECT_EQ(bin.format(), "bin");
    EXPECT_EQ(bin.digest(), safetensors.digest());
    ASSERT_EQ(bin.sites().size(), safetensors.sites().size());
    for (std::size_t i = 0; i < bin.sites().size(); ++i) {
      EXPECT_EQ(bin.read_a(bin.sites()[i]).values, safetensors.read_a(safetensors.sites()[i]).values);
      EXPECT_EQ(bin.read_b(bin.sites()[i]).values, safetensors.read_b(safetensors.sites()[i]).values);
    }
    ++compared;
  }
  EXPECT_EQ(compared, 6);
}

TEST(Adapter, HasTheDigestOfItsNumbersAndNotOfItsFile) {
  EditedAdapter edited;
  const std::string original = Adapter(demo_dir / "adapters" / "tiny_flan-copy_v1", demo_base()).digest();
  EXPECT_EQ(edited.open().digest(), original);
  edited.config["lora_dropout"] = 0.5;
  EXPECT_EQ(edited.open().digest(), original);
  edited.config["lora_alpha"] = 8;
  const std::string scaled = edited.open().digest();
  EXPECT_NE(scaled, original);
  edited.tensors[first_a].values.back() += 1;
  EXPECT_NE(edited.open().digest(), scaled);
}

TEST(Adapter, HonoursPatternsOfRankAndAlpha) {
  const ModelPlan base = model_plan(read_model_config(shapes_dir / "wide_heads"));
  const Adapter adapter(shapes_dir / "wide_heads" / "adapter", base);
  const std::vector<LoraSite> sites = lora_sites(base);
  ASSERT_EQ(adapter.sites().size(), sites.size());  // all linear maps
  for (const AdapterSite& site : adapter.sites()) {
    const std::string& module = sites[site.site].module;
    const bool q = module.ends_with(".q"), wo = module.ends_with(".wo");
    EXPECT_EQ(site.rank, q ? 2 : wo ? 5 : 4) << module;
    EXPECT_EQ(site.scaling, q ? 1 : wo ? 2 : 0.5) << module;
    EXPECT_THAT(adapter.read_a(site).shape, ElementsAre(site.rank, sites[site.site].in));
  }
}

TEST(Adapter, HonoursRsLora) {
  const Adapter adapter(shapes_dir / "one_head" / "adapter", model_plan(read_model_config(shapes_dir / "one_head")));
  for (const AdapterSite& site : adapter.sites()) EXPECT_EQ(site.scaling, 8 / 2);
}

TEST(Adapter, ReadsKeysThatCarryTheAdaptersName) {
  EditedAdapter edited;
  const std::string original = edited.open().digest();
  std::map<std::string, Tensor> renamed;
  for (auto& [key, tensor] : edited.tensors)
    renamed[key.substr(0, key.size() - std::string("weight").size()) + "default.weight"] = std::move(tensor);
  edited.tensors = renamed;
  const Adapter adapter = edited.open();
  EXPECT_THAT(adapter.sites().front().key_a, EndsWith(".lora_A.default.weight"));
  EXPECT_EQ(adapter.digest(), original);
}

TEST(Adapter, MayLeaveModulesOutWhereARuleChoseThem) {
  EditedAdapter edited;
  std::erase_if(edited.tensors, [](const auto& entry) { return entry.first.find("decoder") != std::string::npos; });
  edited.config["target_modules"] = "encoder.*(q|v)";
  EXPECT_EQ(edited.open().sites().size(), 6u);
}

TEST(Adapter, IsNamedAfterItsDirectory) {
  const EditedAdapter edited;
  edited.open();
  EXPECT_EQ(Adapter(edited.directory() / "", demo_base()).name(), edited.directory().filename());
  EXPECT_EQ(Adapter(edited.directory() / ".", demo_base()).name(), edited.directory().filename());
}

}  // namespace
}  // namespace lorasweep
