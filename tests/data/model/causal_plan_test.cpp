// SPDX-License-Identifier: Apache-2.0
// The plan of decoder-only networks against files that transformers wrote.
#include "data/model/causal_plan.h"

#include "data/formats/safetensors_writer.h"
#include "data/formats/weights_of_directory.h"
#include "data/model/checkpoint.h"
#include "data/model/lora_sites.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lorasweep {
namespace {

using testing::ElementsAre;

const std::filesystem::path goldens = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "causal";

// Checkpoint refuses what is missing, what is left over, and other shapes.
TEST(CausalPlan, IsWhatTheReferenceWritesForEveryShapeWholeAndSharded) {
  for (const char* name : {"llama_plain", "llama_bias", "llama_wide_head", "llama_one_key_head", "llama3_scaled",
                           "llama_head_adapter", "mistral_window", "qwen2_tied", "qwen2_window", "qwen3"})
    EXPECT_THAT(refusal_of([&] { const Checkpoint checkpoint(goldens / "shapes" / name); }), Accepted()) << name;
  EXPECT_THAT(refusal_of([&] { const Checkpoint checkpoint(goldens / "qwen2/base"); }), Accepted());
}

TEST(CausalPlan, HasSevenSitesALayerAndTheHead) {
  const ModelPlan plan = model_plan(read_model_config(goldens / "shapes/qwen3"));
  const std::vector<LoraSite> sites = lora_sites(plan);
  ASSERT_EQ(sites.size(), 3u * 7 + 1);
  std::vector<std::string> first;
  for (int i = 0; i < 7; ++i) first.push_back(sites[i].module);
  const std::string layer = "model.layers.0.";
  EXPECT_THAT(first, ElementsAre(layer + "self_attn.q_proj", layer + "self_attn.k_proj", layer + "self_attn.v_proj",
                                 layer + "self_attn.o_proj", layer + "mlp.gate_proj", layer + "mlp.up_proj",
                                 layer + "mlp.down_proj"));
  EXPECT_EQ(sites[1].column, 4 * 16) << "k beside q";
  EXPECT_EQ(sites[2].column, 4 * 16 + 2 * 16);
  EXPECT_EQ(sites.back().module, "lm_head");
  EXPECT_TRUE(sites.back().is_output_head);
  EXPECT_FALSE(sites.front().is_output_head);
  EXPECT_THAT(default_target_modules(plan), ElementsAre("q_proj", "v_proj"));
  EXPECT_EQ(plan.peft_task_type, "CAUSAL_LM");
  EXPECT_TRUE(plan.continues_prompt);
}

// Old files have the frequencies of every layer, and a tied head may be written a second time.
TEST(CausalPlan, KnowsTensorsThatAreOfNoUse) {
  const TemporaryFolder folder;
  std::filesystem::copy(goldens / "shapes/qwen2_tied/config.json", folder.path());
  const auto weights = open_weights_of_directory(goldens / "shapes/qwen2_tied", "model", "pytorch_model");
  std::map<std::string, Tensor> tensors;
  for (const TensorInfo& tensor : weights->tensors()) tensors[tensor.name] = weights->read(tensor.name);
  tensors["model.layers.1.self_attn.rotary_emb.inv_freq"] = {{5}, std::vector<float>(5, 1)};
  tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"];
  const auto open = [&] {
    write_safetensors(folder.path() / "model.safetensors", tensors);
    const Checkpoint checkpoint(folder.path());
  };
  EXPECT_THAT(refusal_of(open), Accepted());
  tensors["lm_head.weight"].values[3] += 1;
  EXPECT_THAT(refusal_of(open), Refused(ExitCode::bad_input, "model.safetensors", {"lm_head.weight"}));
  tensors.erase("lm_head.weight");
  tensors["model.layers.1.self_attn.q_norm.weight"] = {{10}, std::vector<float>(10, 1)};
  EXPECT_THAT(refusal_of(open),
              Refused(ExitCode::bad_input, "model.safetensors", {"model.layers.1.self_attn.q_norm.weight"}));
}

}  // namespace
}  // namespace lorasweep
