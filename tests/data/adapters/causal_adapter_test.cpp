// SPDX-License-Identifier: Apache-2.0
// Adapters of decoder-only models as PEFT writes them: what is honoured, and what is refused by cause.
#include "data/adapters/adapter.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/safetensors_writer.h"
#include "data/formats/weights_of_directory.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

const std::filesystem::path goldens = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "causal";

// The last components of the modules that an adapter changes.
std::set<std::string> leaves(const Adapter& adapter, const ModelPlan& plan) {
  std::set<std::string> found;
  const std::vector<LoraSite> sites = lora_sites(plan);
  for (const AdapterSite& site : adapter.sites()) {
    const std::string& module = sites[site.site].module;
    found.insert(module.substr(module.rfind('.') + 1));
  }
  return found;
}

class OtherAdapter : public testing::Test {
 protected:
  Checkpoint base{goldens / "qwen2/base"};
  const ModelPlan& plan = base.plan();
  Adapter open(const std::string& name) const { return Adapter(goldens / "qwen2/other" / name, plan, &base); }
};

TEST_F(OtherAdapter, OfOneLibraryAreMixedByLorahub) {
  std::vector<Adapter> all;
  for (const auto& entry : std::filesystem::directory_iterator(goldens / "qwen2/adapters"))
    all.emplace_back(entry.path(), plan, &base);
  ASSERT_EQ(all.size(), 27u);
  std::vector<const Adapter*> set;
  for (const Adapter& adapter : all) set.push_back(&adapter);
  EXPECT_NO_THROW(require_same_architecture(set));
  EXPECT_THAT(leaves(all.front(), plan), UnorderedElementsAre("q_proj", "v_proj"));
  EXPECT_EQ(all.front().sites().front().scaling, 2);
}

TEST_F(OtherAdapter, ThatPlainLoraCoversAreHonoured) {
  EXPECT_EQ(open("other_rank").sites().front().rank, open("other_rank").rank());
  EXPECT_GT(open("other_rslora").sites().front().scaling, 0);
  EXPECT_EQ(open("other_layers").sites().size(), 4u) << "gate and down of layers 1 and 2";
  EXPECT_THAT(leaves(open("other_regex"), plan), UnorderedElementsAre("q_proj", "k_proj"));
  const Adapter patterns = open("other_patterns");
  std::set<int> ranks;
  for (const AdapterSite& site : patterns.sites()) ranks.insert(site.rank);
  EXPECT_EQ(ranks, (std::set<int>{2, 4, 8}));
  EXPECT_FALSE(leaves(open("other_exclude"), plan).contains("lm_head"));
  EXPECT_TRUE(leaves(open("other_head"), plan).contains("lm_head")) << "over a head that is the embedding";
}

TEST_F(OtherAdapter, OfOtherMethodsAreRefusedByTheirNames) {
  EXPECT_THAT(refusal_of([&] { open("refused_dora"); }), Refused(ExitCode::bad_input, "use_dora"));
  EXPECT_THAT(refusal_of([&] { open("refused_bias"); }), Refused(ExitCode::bad_input, "bias", {"lora_only"}));
  EXPECT_THAT(refusal_of([&] { open("refused_embedding"); }),
              Refused(ExitCode::bad_input, "lora_embedding_", {"LoRA of an embedding"}));

  // Its own tensors are left out of the tree: they are large.
  const TemporaryFolder folder;
  const auto other = goldens / "qwen2/other";
  std::filesystem::copy(other / "refused_modules_to_save/adapter_config.json", folder.path());
  std::filesystem::copy(other / "other_rank/adapter_model.safetensors", folder.path());
  EXPECT_THAT(refusal_of([&] { Adapter(folder.path(), plan, &base); }),
              Refused(ExitCode::bad_input, "modules_to_save"));
}

// PEFT saves the head beside the factors where the head has some.
TEST(CausalAdapter, OfTheHeadIsHonouredWithTheBasesHeadBesideIt) {
  const auto shape = goldens / "shapes/llama_head_adapter";
  const Checkpoint base(shape);
  const auto weights = open_weights_of_directory(shape / "adapter", "adapter_model", "adapter_model");
  const std::string saved = "base_model.model.lm_head.base_layer.weight";
  ASSERT_NE(weights->find(saved), nullptr);
  const Adapter adapter(shape / "adapter", base.plan(), &base);
  EXPECT_THAT(leaves(adapter, base.plan()), UnorderedElementsAre("q_proj", "lm_head"));

  const TemporaryFolder folder;
  std::filesystem::copy(shape / "adapter/adapter_config.json", folder.path());
  std::map<std::string, Tensor> tensors;
  for (const TensorInfo& tensor : weights->tensors()) tensors[tensor.name] = weights->read(tensor.name);
  const auto open = [&] {
    write_safetensors(folder.path() / "adapter_model.safetensors", tensors);
    const Adapter again(folder.path(), base.plan(), &base);
  };
  EXPECT_THAT(refusal_of(open), Accepted());
  tensors[saved].values[7] += 1;
  EXPECT_THAT(refusal_of(open), Refused(ExitCode::bad_input, saved, {"1", "131"}));
}

TEST(CausalAdapter, OfAllLinearMapsNeedsNoneOfTheHead) {
  for (const char* name : {"llama_plain", "qwen2_tied", "qwen3"}) {
    const Checkpoint base(goldens / "shapes" / name);
    const TemporaryFolder folder;
    const auto from = goldens / "shapes" / name / "adapter";
    std::filesystem::copy(from / "adapter_model.safetensors", folder.path());
    Json config = parse_json(read_file(from / "adapter_config.json", 1 << 20), "adapter_config.json");
    config["target_modules"] = "all-linear";
    folder.write("adapter_config.json", config.dump());
    EXPECT_EQ(Adapter(folder.path(), base.plan(), &base).sites().size(), 21u) << name;
    EXPECT_EQ(Adapter(from, base.plan(), &base).sites().size(), 21u) << name;
    config["target_modules"] = nullptr;  // the families' default: q_proj and v_proj
    folder.write("adapter_config.json", config.dump());
    EXPECT_THAT(refusal_of([&] { const Adapter adapter(folder.path(), base.plan(), &base); }),
                Refused(ExitCode::bad_input, "adapter_model.safetensors"));
  }
}

}  // namespace
}  // namespace lorasweep
