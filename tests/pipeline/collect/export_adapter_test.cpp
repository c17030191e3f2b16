// SPDX-License-Identifier: Apache-2.0
// Exported adapters, read back from their directories.
#include "pipeline/collect/export_adapter.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/formats/open_weights.h"
#include "tests/data/results/sample_results.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace lorasweep {
namespace {

const std::string key_a = "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_A.weight";
const std::string key_b = "base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_B.weight";

class ExportAdapterTest : public testing::Test {
 protected:
  const std::filesystem::path& directory() const { return folder_.path(); }
  static nlohmann::json config_of(const std::filesystem::path& adapter) {
    return nlohmann::json::parse(read_file(adapter / "adapter_config.json", 1 << 20));
  }

 private:
  TemporaryFolder folder_;
};

TEST_F(ExportAdapterTest, WritesEveryComposedModelAsItIs) {
  const SweepResults results = sample_results();
  EXPECT_TRUE(export_adapters(results, directory()).empty());
  for (const char* adapter : {"counting_ünits/r0", "counting_ünits/r1", "word order/r0"})
    EXPECT_TRUE(std::filesystem::exists(directory() / adapter / "adapter_config.json")) << adapter;
  const auto weights = open_weights(directory() / "word order/r0/adapter_model.safetensors");
  EXPECT_EQ(weights->tensors().size(), 2u);
  EXPECT_EQ(weights->read(key_a).values, results.composed[0].read(key_a).values);
  EXPECT_EQ(weights->read(key_b).shape, (std::vector<std::int64_t>{6, 2}));
  EXPECT_EQ(config_of(directory() / "word order/r0"), nlohmann::json::parse(results.composed[0].adapter_config));
}

TEST_F(ExportAdapterTest, CutsToARankAndReportsWhatWasLost) {
  const auto sites = export_adapters(sample_results(), directory(), 1);
  ASSERT_EQ(sites.size(), 3u);
  EXPECT_EQ(sites[0].adapter, directory() / "word order/r0");
  EXPECT_EQ(sites[0].module, "encoder.block.0.layer.0.SelfAttention.q");
  EXPECT_EQ(sites[0].rank, 2);
  EXPECT_GT(sites[0].relative_error, 0);
  EXPECT_LT(sites[0].relative_error, 1);
  const auto weights = open_weights(directory() / "word order/r0/adapter_model.safetensors");
  EXPECT_EQ(weights->read(key_a).shape, (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(weights->read(key_b).shape, (std::vector<std::int64_t>{6, 1}));
  const auto config = config_of(directory() / "word order/r0");
  EXPECT_EQ(config["r"], 1);
  EXPECT_EQ(config["lora_alpha"], 1);
  EXPECT_EQ(config["target_modules"], nlohmann::json({"q"}));
}

TEST_F(ExportAdapterTest, SaysWhichModulesHaveASmallerRankThanAskedFor) {
  const auto sites = export_adapters(sample_results(), directory(), 5);
  EXPECT_EQ(sites[0].relative_error, 0);
  const auto config = config_of(directory() / "word order/r0");
  const nlohmann::json smaller = {{"encoder.block.0.layer.0.SelfAttention.q", 2}};
  EXPECT_EQ(config["r"], 5);
  EXPECT_EQ(config["rank_pattern"], smaller);
  EXPECT_EQ(config["alpha_pattern"], smaller);
}

TEST_F(ExportAdapterTest, RefusesWhatItCannotExport) {
  EXPECT_THROW(export_adapters(sample_results(), directory(), 0), ConfigError);
  SweepResults results = sample_results();
  results.composed[0].adapter_config = R"({"r": 2, "lora_alpha": 4})";
  EXPECT_THROW(export_adapters(results, directory(), 1), InputError);
  results.composed[0].adapter_config = R"({"r": 2, "lora_alpha": 2, "use_rslora": true})";
  EXPECT_THROW(export_adapters(results, directory(), 1), InputError);
  results.composed[0].adapter_config = "[]";
  EXPECT_THROW(export_adapters(results, directory()), InputError);
  results = sample_results();
  results.composed[0].tensors.erase(results.composed[0].tensors.begin());  // lora_B
  EXPECT_THROW(export_adapters(results, directory(), 1), InputError);
}

}  // namespace
}  // namespace lorasweep
