// SPDX-License-Identifier: Apache-2.0
#include "pipeline/manifest/manifest.h"

#include "data/core/error.h"

#include <gmock/gmock.h>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Manifest sample() {
  Manifest m{.version = "1",
             .run_uuid = "u",
             .created_utc = "t",
             .base_path = "/b",
             .base_sha256 = "aa",
             .tokenizer_sha256 = "bb"};
  m.base_config = T5Config{.d_model = 96,
                           .d_kv = 16,
                           .d_ff = 192,
                           .heads = 4,
                           .encoder_layers = 3,
                           .decoder_layers = 2,
                           .vocabulary = 1312,
                           .norm_epsilon = 1e-6};
  m.settings = {{"search", {{"budget", 40}, {"seeds", {1, 2}}}}, {"predict", {{"baselines", {"zero-shot"}}}}};
  m.numerics = {{"dtype", "f32"}};
  m.adapters = {{"x", "/a/x", "11", "bin", 8, 16, "base", "q,v"},
                {"y", "/a/y", "22", "safetensors", 8, 16, "base", "q,v"}};
  m.adapter_sets = {{1, 0}};
  m.tasks = {{"t", "/t.json", "33", "44", {2, 3}, {"yes", "no \"quoted\" \xc3\xa9"}}};
  m.searches = {{0, 0, 1, 0}, {0, 1, 2, 0}};
  m.baselines = {{false, 0}};
  return m;
}

TEST(Manifest, ComesBackFromItsJsonUnchanged) {
  const Manifest m = sample(), back = manifest_from_json(to_json(m), "here");
  EXPECT_EQ(to_json(back), to_json(m));
  EXPECT_TRUE(differences(m, back).empty());
  EXPECT_EQ(back.tasks, m.tasks);
  EXPECT_EQ(back.searches, m.searches);
}

TEST(Manifest, NamesEachThingThatResultsDependOnAndThatChanged) {
  const auto changed = [](auto change) {
    Manifest now = sample();
    change(now);
    return differences(sample(), now);
  };
  EXPECT_THAT(changed([](Manifest& m) { m.settings["search"]["budget"] = 41; }),
              ElementsAre("search.budget was 40 and is 41"));
  EXPECT_THAT(changed([](Manifest& m) { m.numerics["dtype"] = "bf16"; }),
              ElementsAre("numerics.dtype was \"f32\" and is \"bf16\""));
  EXPECT_THAT(changed([](Manifest& m) { m.base_sha256 = "ff"; }),
              ElementsAre(HasSubstr("content of the base model changed")));
  EXPECT_THAT(changed([](Manifest& m) { std::get<T5Config>(m.base_config).d_ff = 1; }),
              ElementsAre("base.d_ff was 192 and is 1"));
  EXPECT_THAT(changed([](Manifest& m) { m.tokenizer_sha256 = "ff"; }), ElementsAre(HasSubstr("tokenizer")));
  EXPECT_THAT(changed([](Manifest& m) { m.adapters[1].sha256 = "ff"; }),
              ElementsAre(HasSubstr("content of adapter y changed")));
  EXPECT_THAT(changed([](Manifest& m) { m.adapters.pop_back(); }), ElementsAre("adapter y was recorded and is gone"));
  EXPECT_THAT(changed([](Manifest& m) { std::swap(m.adapters[0], m.adapters[1]); }),
              ElementsAre("the order of the adapters changed"));
  EXPECT_THAT(changed([](Manifest& m) { m.tasks[0].sha256 = "ff"; }),
              ElementsAre(HasSubstr("content of task t changed")));
  EXPECT_THAT(changed([](Manifest& m) { m.searches.pop_back(); }), ElementsAre(HasSubstr("plan of searches changed")));
  EXPECT_TRUE(changed([](Manifest& m) { m.version = m.run_uuid = m.created_utc = m.base_path = "other"; }).empty());
  EXPECT_TRUE(changed([](Manifest& m) {
                m.adapters[0].source = "/moved";
                m.tasks[0].source = "/moved";
              }).empty())
      << "places may change, contents may not";
}

TEST(Manifest, RefusesWhatIsNoManifest) {
  for (const char* text : {"", "{}", "[]", "{\"manifest\": 2}", "{\"manifest\": 1}"})
    EXPECT_THROW(manifest_from_json(text, "here"), InputError) << text;
  Manifest broken = sample();
  broken.searches[0].task = 7;
  EXPECT_THROW(manifest_from_json(to_json(broken), "here"), InputError);
  broken = sample();
  broken.adapter_sets[0][0] = -1;
  EXPECT_THROW(manifest_from_json(to_json(broken), "here"), InputError);
}

}  // namespace
}  // namespace lorasweep
