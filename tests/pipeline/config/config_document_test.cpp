// SPDX-License-Identifier: Apache-2.0
// The texts made of the table agree with it, and the page in docs/ with the program.
#include "data/core/file.h"
#include "pipeline/config/config_schema.h"
#include "tests/pipeline/config/config_text.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace lorasweep {
namespace {

TEST(CommentedConfig, LoadsToTheDefaults) {
  const ConfigText text(commented_config());
  const RunConfig written = text.load().config;
  std::ofstream(text.file(), std::ios::trunc).close();
  EXPECT_EQ(written, text.load().config);
}

TEST(CommentedConfig, OfDecoderOnlyModelsDiffersWhereItSays) {
  const ConfigText text(commented_config(true));
  RunConfig expected = ConfigText("").load().config;
  const RunConfig written = text.load().config;
  expected.search.composition = Composition::exact;
  expected.predict.stop = {"\n\n"};
  EXPECT_EQ(written.search, expected.search);
  EXPECT_EQ(written.predict, expected.predict);
  EXPECT_EQ(written.tasks.prompt, "");
  EXPECT_EQ(resolved(written)["tasks"]["prompt"], nullptr) << "left to the model";
}

TEST(CommentedConfig, HoldsEveryKey) {
  std::set<std::string> keys;
  std::istringstream lines(commented_config());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find(" = ");
    if (equals == std::string::npos) continue;
    const std::string key = line.substr(line.starts_with("# ") ? 2 : 0, equals - (line.starts_with("# ") ? 2 : 0));
    keys.insert(key);
  }
  for (const Field& field : config_fields()) EXPECT_TRUE(keys.contains(field.key)) << field.name();
}

TEST(CommentedConfig, ExamplesOfUnsetKeysCanBeUncommented) {
  std::string text = commented_config();
  for (const std::string key : {"list", "pool"}) {
    const std::size_t at = text.find(fmt::format("# {} = ", key));
    ASSERT_NE(at, std::string::npos) << key;
    text.erase(at, 2);
  }
  const RunConfig config = ConfigText(text).load().config;
  EXPECT_EQ(config.tasks.pool, 10);
  EXPECT_EQ(config.adapters.list.filename(), "adapters.txt");
}

TEST(ConfigFields, HaveUniqueNamesAndDocumentation) {
  std::set<std::string> names;
  for (const Field& field : config_fields()) {
    EXPECT_TRUE(names.insert(field.name()).second) << field.name();
    EXPECT_FALSE(field.doc.empty()) << field.name();
    EXPECT_FALSE(field.type.empty()) << field.name();
    EXPECT_EQ(find_field(field.section, field.key), &field);
  }
  EXPECT_EQ(find_field("search", "nothing"), nullptr);
}

TEST(Resolved, HoldsEveryFieldAndReadsBack) {
  const RunConfig config = ConfigText("[tasks]\npool = 8\n").load().config;
  const auto all = resolved(config);
  RunConfig again;
  for (const Field& field : config_fields()) {
    const auto& value = all.at(field.section).at(field.key);
    if (!value.is_null()) {
      EXPECT_EQ(field.set(again, value, "/"), "") << field.name();
    }
  }
  EXPECT_EQ(again, config);
}

TEST(ConfigurationPage, EndsWithTheTable) {
  const std::string page = read_file(std::filesystem::path(LORASWEEP_DOCS_DIR) / "configuration.md", 1u << 20);
  EXPECT_TRUE(page.ends_with(configuration_table()))
      << "replace what follows the first \"## [model]\" of docs/configuration.md by:\n"
      << configuration_table();
}

}  // namespace
}  // namespace lorasweep
