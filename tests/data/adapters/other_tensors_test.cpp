// SPDX-License-Identifier: Apache-2.0
// Files that are no plain LoRA as PEFT writes it: each cause by its name, and copies of the base's tables that change
// nothing.
#include "tests/data/adapters/edited_adapter.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

const std::string prefix = "base_model.model.", module = "encoder.block.0.layer.0.SelfAttention.q";

const Checkpoint& base() {
  static const Checkpoint checkpoint(demo_dir / "base");
  return checkpoint;
}

Refusal refusal_of_opening(const EditedAdapter& edited) {
  return refusal_of([&] { edited.open(&base()); });
}

/// How an adapter of the demo whose every key was changed is opened.
Refusal refusal_of_renamed(const std::function<std::string(std::string)>& change) {
  EditedAdapter edited;
  std::map<std::string, Tensor> tensors;
  for (auto& [key, tensor] : edited.tensors) tensors[change(key)] = std::move(tensor);
  edited.tensors = std::move(tensors);
  return refusal_of_opening(edited);
}

std::string without_prefix(const std::string& key) { return key.substr(prefix.size()); }

TEST(OtherTensors, KeysWithAnotherBeginningAreNamedByIt) {
  EXPECT_THAT(refusal_of_renamed(without_prefix),
              Refused(ExitCode::bad_input, "adapter_model.safetensors", {"lack", prefix}));
  EXPECT_THAT(refusal_of_renamed([](const std::string& key) { return prefix + key; }),
              Refused(ExitCode::bad_input, "adapter_model.safetensors", {"twice", prefix}));
  for (const std::string begin :
       {"module.base_model.model.", "base_model.", "model.", "_forward_module.base_model.model."})
    EXPECT_THAT(refusal_of_renamed([&](const std::string& key) { return begin + without_prefix(key); }),
                Refused(ExitCode::bad_input, "adapter_model.safetensors", {'"' + begin + '"', '"' + prefix + '"'}))
        << begin;
}

TEST(OtherTensors, KeysOfWhichSomeHaveAnotherBeginningAreCounted) {
  const std::size_t all = EditedAdapter().tensors.size();
  int seen = 0;
  EXPECT_THAT(refusal_of_renamed([&](const std::string& key) { return ++seen <= 3 ? without_prefix(key) : key; }),
              Refused(ExitCode::bad_input, "adapter_model.safetensors, tensor decoder.",
                      {"3 of " + std::to_string(all), "lack", prefix}));
  seen = 0;
  EXPECT_THAT(
      refusal_of_renamed([&](const std::string& key) { return ++seen == 1 ? "module." + key : key; }),
      Refused(ExitCode::bad_input, "tensor module.", {"1 of " + std::to_string(all), "\"module." + prefix + '"'}));
}

TEST(OtherTensors, KeysOfACompiledModelAreNamedAsSuchWhereverTheMarkIs) {
  for (const std::string mark :
       {"base_model.model._orig_mod.", "_orig_mod.base_model.model.", "base_model.model._orig_mod._orig_mod."})
    EXPECT_THAT(refusal_of_renamed([&](const std::string& key) { return mark + without_prefix(key); }),
                Refused(ExitCode::bad_input, "adapter_model.safetensors", {"_orig_mod.", "torch.compile"}))
        << mark;
  // layer by layer
  EXPECT_THAT(refusal_of_renamed([](std::string key) { return key.replace(key.find(".layer."), 1, "._orig_mod."); }),
              Refused(ExitCode::bad_input, "adapter_model.safetensors", {"_orig_mod.", "torch.compile"}));
}

// All of the base beside the factors, as torch.save(model.state_dict()) leaves it.
void add_whole_base(EditedAdapter& edited, const std::string& begin) {
  for (const StoredTensor& tensor : stored_tensors(demo_base()))
    edited.tensors[begin + tensor.name] = base().read(tensor.name);
}

TEST(OtherTensors, AWholeModelIsCounted) {
  EditedAdapter with_factors;
  const std::size_t factors = with_factors.tensors.size();
  add_whole_base(with_factors, prefix);
  EXPECT_THAT(refusal_of_opening(with_factors),
              Refused(ExitCode::bad_input, "adapter_model.safetensors",
                      {std::to_string(factors), std::to_string(with_factors.tensors.size())}));
  // What was around the model does not hide it.
  EditedAdapter wrapped;
  std::map<std::string, Tensor> factors_of_wrapped;
  for (auto& [key, tensor] : wrapped.tensors) factors_of_wrapped["module." + key] = std::move(tensor);
  wrapped.tensors = std::move(factors_of_wrapped);
  add_whole_base(wrapped, "module." + prefix);
  EXPECT_THAT(refusal_of_opening(wrapped),
              Refused(ExitCode::bad_input, "adapter_model.safetensors",
                      {"whole model", std::to_string(factors), std::to_string(wrapped.tensors.size())}));
  EditedAdapter merged;
  merged.tensors.clear();
  add_whole_base(merged, "");
  EXPECT_THAT(refusal_of_opening(merged), Refused(ExitCode::bad_input, "adapter_model.safetensors",
                                                  {"no LoRA factor", std::to_string(merged.tensors.size())}));
}

TEST(OtherTensors, NoTensorAtAllIsAnEmptyStateDict) {
  EditedAdapter edited;
  edited.tensors.clear();
  EXPECT_THAT(refusal_of_opening(edited), Refused(ExitCode::bad_input, "adapter_model.safetensors", {"empty"}));
}

TEST(OtherTensors, PlaceholdersOfZeRO3AreCounted) {
  EditedAdapter all;
  for (auto& [key, tensor] : all.tensors) tensor = {{0}, {}};
  const std::string count = std::to_string(all.tensors.size());
  EXPECT_THAT(refusal_of_opening(all), Refused(ExitCode::bad_input, "adapter_model.safetensors, tensor",
                                               {"[0]", "ZeRO-3", count + " of " + count}));
  EditedAdapter one;
  one.tensors.begin()->second = {{0}, {}};
  EXPECT_THAT(refusal_of_opening(one),
              Refused(ExitCode::bad_input, "tensor " + one.tensors.begin()->first, {"ZeRO-3", "1 of " + count}));
}

// A table of the base with more, fewer or other rows.
Tensor table(const char* name, std::int64_t rows, float added = 0) {
  Tensor tensor = base().read(name);
  tensor.shape[0] = rows;
  tensor.values.resize(rows * tensor.shape[1]);
  tensor.values[5 * tensor.shape[1]] += added;
  return tensor;
}

TEST(OtherTensors, AVocabularyOfAnotherSizeIsSaidWithBothSizes) {
  for (const std::int64_t rows : {1320, 1300, 1313})
    for (const char* name :
         {"shared.weight", "lm_head.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}) {
      EditedAdapter edited;
      edited.tensors[prefix + name] = table(std::string(name) == "lm_head.weight" ? name : "shared.weight", rows);
      EXPECT_THAT(refusal_of_opening(edited),
                  Refused(ExitCode::bad_input, "tensor " + prefix + name, {std::to_string(rows), "1312"}));
    }
}

TEST(OtherTensors, CopiesOfTheBasesTablesAreTakenAndChangeNothing) {
  const std::string digest = EditedAdapter().open(&base()).digest();
  EditedAdapter edited;
  for (const char* name :
       {"shared.weight", "lm_head.weight", "encoder.embed_tokens.weight", "shared.base_layer.weight"})
    edited.tensors[prefix + name] = table(std::string(name) == "lm_head.weight" ? name : "shared.weight", 1312);
  Adapter adapter = edited.open(&base());
  EXPECT_EQ(adapter.digest(), digest);
  adapter.load();
  EXPECT_EQ(adapter.digest(), digest);
}

TEST(OtherTensors, ATableThatWasTrainedIsRefusedWithTheNumberOfItsRows) {
  for (const char* name : {"shared.weight", "lm_head.weight"}) {
    EditedAdapter edited;
    edited.tensors[prefix + name] = table(name, 1312, 0.001f);
    EXPECT_THAT(refusal_of_opening(edited),
                Refused(ExitCode::bad_input, "tensor " + prefix + name, {name, "1 of 1312"}));
    EXPECT_THAT(refusal_of([&] { edited.open(); }), Accepted()) << "where the base's values are not at hand";
  }
}

TEST(OtherTensors, ATableOfAnotherWidthIsOfAnotherModel) {
  EditedAdapter edited;
  edited.tensors[prefix + "shared.weight"] = {{1312, 64}, std::vector<float>(1312 * 64)};
  EXPECT_THAT(refusal_of_opening(edited), Refused(ExitCode::bad_input, "shared.weight", {"[1312, 64]", "[1312, 96]"}));
}

TEST(OtherTensors, OfOtherMethodsAreNamedByTheMethod) {
  const std::vector<std::pair<std::string, std::string>> marks = {
      {".lora_magnitude_vector.weight", "DoRA"},
      {".lora_embedding_A", "embedding"},
      {".lora_B.bias", "biases"},
      {".lora_E", "AdaLoRA"},
      {".ia3_l", "IA3"},
      {".hada_w1_a", "LoHa"},
      {".lokr_w1", "LoKr"},
      {".oft_R.weight", "OFT"},
      {".boft_R", "BOFT"},
      {".vera_lambda_b", "VeRA"},
      {".fourierft_spectrum", "FourierFT"},
      {".hra_u", "HRA"},
      {".trainable_tokens_delta", "trainable tokens"},
      {".modules_to_save.weight", "modules_to_save"},
      {".lora_down.weight", "Kohya"},
      {".loras.sst2.lora_A", "AdapterHub"},
  };
  for (const auto& [mark, name] : marks) {
    EditedAdapter edited;
    edited.tensors[prefix + module + mark] = {{2}, {1, 2}};
    EXPECT_THAT(refusal_of_opening(edited), Refused(ExitCode::bad_input, "tensor " + prefix + module + mark, {name}))
        << mark;
  }
}

TEST(OtherTensors, ATensorOfTheBaseThatWasTrainedWithTheFactorsIsRefused) {
  EditedAdapter edited;
  edited.tensors[prefix + "encoder.final_layer_norm.weight"] = base().read("encoder.final_layer_norm.weight");
  EXPECT_THAT(refusal_of_opening(edited),
              Refused(ExitCode::bad_input, "encoder.final_layer_norm.weight", {"LoRA factor", "base model"}));
}

}  // namespace
}  // namespace lorasweep
