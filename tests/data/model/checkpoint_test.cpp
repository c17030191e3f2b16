// SPDX-License-Identifier: Apache-2.0
// Every tensor of a network is found under the names that files have for it, and nothing is left over.
#include "data/model/checkpoint.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "tests/data/model/small_model.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string shared = "shared.weight", of_encoder = "encoder.embed_tokens.weight",
                  of_decoder = "decoder.embed_tokens.weight", head = "lm_head.weight";

nlohmann::ordered_json tied_config() {
  nlohmann::ordered_json config = small_config();
  config["tie_word_embeddings"] = true;
  return config;
}

TEST(Checkpoint, ReadsTheDemo) {
  const Checkpoint checkpoint(std::filesystem::path(LORASWEEP_DEMO_DIR) / "base");
  const std::vector<StoredTensor> tensors = stored_tensors(checkpoint.plan());
  EXPECT_EQ(tensors.size(), 61u);
  std::size_t parameters = 0;
  for (const StoredTensor& info : tensors) {
    const Tensor tensor = checkpoint.read(info.name);
    EXPECT_EQ(tensor.shape, info.shape) << info.name;
    parameters += tensor.values.size();
  }
  EXPECT_EQ(parameters, 702016u);
}

TEST(Checkpoint, ReadsNetworksOfOtherShapesAndLayouts) {
  const std::filesystem::path shapes = std::filesystem::path(LORASWEEP_GOLDEN_DIR) / "shapes";
  for (const char* name : {"v1_0", "wide_heads", "one_head", "silu", "tied_unscaled", "mt5"}) {
    const Checkpoint checkpoint(shapes / name);
    for (const StoredTensor& info : stored_tensors(checkpoint.plan()))
      EXPECT_EQ(checkpoint.read(info.name).shape, info.shape) << name << " " << info.name;
  }
}

TEST(Checkpoint, NamesTheFilesItConsistsOf) {
  const SmallModel model;
  EXPECT_THAT(model.open().files(),
              ElementsAre(model.directory() / "config.json", model.directory() / "model.safetensors"));
}

TEST(Checkpoint, FindsTheEmbeddingUnderEachOfItsNames) {
  for (const std::string& name : {shared, of_encoder, of_decoder}) {
    SmallModel model;
    Tensor embedding = model.tensors.extract(shared).mapped();
    embedding.values.assign(embedding.values.size(), 42);
    model.tensors[name] = embedding;
    EXPECT_EQ(model.open().read(shared).values.front(), 42) << name;
  }
}

TEST(Checkpoint, FindsATiedEmbeddingUnderTheNameOfTheHead) {
  SmallModel model(tied_config());
  model.tensors[head] = model.tensors.extract(shared).mapped();
  EXPECT_EQ(model.open().read(shared).values.front(), 1);
}

TEST(Checkpoint, KnowsWhatOldFilesHoldBesides) {
  SmallModel model(tied_config());
  for (const std::string& name : {of_encoder, of_decoder, head}) model.tensors[name] = model.tensors[shared];
  model.tensors["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = {{8, 2},
                                                                                             std::vector<float>(16)};
  EXPECT_EQ(model.open().read(shared).values.front(), 1);
}

TEST(Checkpoint, RefusesEveryMissingTensor) {
  for (const auto& entry : SmallModel().tensors) {
    SmallModel model;
    model.tensors.erase(entry.first);
    EXPECT_THAT(refusal_of([&] { model.open(); }),
                Refused(ExitCode::bad_input, "model.safetensors", {"no tensor " + entry.first}));
  }
}

TEST(Checkpoint, RefusesEveryTensorOfAnotherShape) {
  for (const auto& entry : SmallModel().tensors) {
    SmallModel model;
    Tensor& tensor = model.tensors[entry.first];
    tensor.shape.front() += 1;
    tensor.values.resize(element_count(tensor.shape));
    EXPECT_THAT(refusal_of([&] { model.open(); }),
                Refused(ExitCode::bad_input, "tensor " + entry.first,
                        {describe_shape(tensor.shape), describe_shape(entry.second.shape)}));
  }
}

TEST(Checkpoint, RefusesAnAliasOfAnotherShape) {
  SmallModel model;
  model.tensors[of_decoder] = {{7, 5}, std::vector<float>(35)};
  EXPECT_THAT(refusal_of([&] { model.open(); }), Refused(ExitCode::bad_input, "tensor " + of_decoder));
}

// transformers 5.0.0 wrote such a config.json for models with a head of their own.
TEST(Checkpoint, RefusesWhatConfigJsonCallsTheSameAndIsNot) {
  for (const std::string& name : {of_encoder, of_decoder, head}) {
    SmallModel model(tied_config());
    model.tensors[name] = model.tensors[shared];
    EXPECT_NO_THROW(model.open()) << name;
    model.tensors[name].values.back() += 1;
    try {
      model.open();
      ADD_FAILURE() << name << " was taken for a copy";
    } catch (const InputError& error) {
      EXPECT_THAT(error.where(), HasSubstr(name));
      EXPECT_THAT(error.problem(), HasSubstr(shared));
    }
  }
}

TEST(Checkpoint, RefusesToReadWhatIsNoNumber) {
  for (const float value : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    SmallModel model;
    model.tensors[head].values[3] = value;
    const Checkpoint checkpoint = model.open();
    EXPECT_NO_THROW(checkpoint.read(shared));
    try {
      checkpoint.read(head);
      ADD_FAILURE() << value << " was read";
    } catch (const InputError& error) {
      EXPECT_THAT(error.where(), HasSubstr(head));
    }
  }
}

TEST(Checkpoint, RefusesATensorThatBelongsToNoPart) {
  SmallModel model;
  const std::string name = "decoder.block.1.layer.0.layer_norm.weight";
  model.tensors[name] = {{6}, std::vector<float>(6)};
  EXPECT_THAT(refusal_of([&] { model.open(); }), Refused(ExitCode::bad_input, "tensor " + name, {"no part"}));
}

TEST(Checkpoint, RefusesAFeedForwardOfTheOtherKind) {
  SmallModel model;
  model.config["feed_forward_proj"] = "relu";
  EXPECT_THAT(refusal_of([&] { model.open(); }), Refused(ExitCode::bad_input, "", {"DenseReluDense.wi.weight"}));
}

}  // namespace
}  // namespace lorasweep
