// SPDX-License-Identifier: Apache-2.0
#include "pipeline/manifest/manifest.h"

#include "data/core/error.h"
#include "pipeline/config/result_settings.h"
#include "tests/pipeline/manifest/sample_manifest.h"

#include <gmock/gmock.h>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Manifest, ComesBackFromItsJsonUnchanged) {
  const Manifest m = sample_manifest(), back = manifest_from_json(to_json(m), "here");
  EXPECT_EQ(to_json(back), to_json(m));
  EXPECT_TRUE(differences(m, back).empty());
  EXPECT_EQ(back.tasks, m.tasks);
  EXPECT_EQ(back.adapters, m.adapters);
  EXPECT_EQ(back.searches, m.searches);
}

TEST(Manifest, NamesEachThingThatResultsDependOnAndThatChanged) {
  const auto changed = [](auto change) {
    Manifest now = sample_manifest();
    change(now);
    return differences(sample_manifest(), now);
  };
  EXPECT_THAT(changed([](Manifest& m) { m.config.search.budget = 41; }), ElementsAre("search.budget was 40 and is 41"));
  EXPECT_THAT(changed([](Manifest& m) { m.config.model.dtype = Element::bf16; }),
              ElementsAre("numerics.dtype was \"f32\" and is \"bf16\""));
  EXPECT_THAT(changed([](Manifest& m) { m.device = "cuda"; }),
              ElementsAre("numerics.device was \"cpu, avx2\" and is \"cuda\""));
  EXPECT_THAT(changed([](Manifest& m) { m.revision = 2; }), ElementsAre("numerics.revision was 1 and is 2"));
  EXPECT_THAT(changed([](Manifest& m) { m.check = "d"; }), ElementsAre(HasSubstr("numerics.check was c and is d")));
  EXPECT_TRUE(changed([](Manifest& m) { m.check = ""; }).empty()) << "nobody could compute it: nobody will compute";
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
  const auto beside_its_digest = [&](auto change) { return changed(change).size() == 1; };
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.tasks[0].targets[1] = "none"; }));
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.tasks[0].shot_tokens[0] = 3; }));
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.tasks[0].shots_sha256 = "ff"; }));
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.adapters[0].rank = 4; }));
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.adapters[0].alpha = 4; }));
  EXPECT_THAT(changed([](Manifest& m) { m.searches.pop_back(); }), ElementsAre(HasSubstr("plan of searches changed")));
  EXPECT_TRUE(changed([](Manifest& m) { m.version = m.run_uuid = m.created_utc = m.base_path = "other"; }).empty());
  EXPECT_TRUE(changed([](Manifest& m) {
                m.adapters[0].source = "/moved";
                m.tasks[0].source = "/moved";
              }).empty())
      << "places may change, contents may not";
  EXPECT_TRUE(changed([](Manifest& m) {
                m.config.adapters.dir = m.config.adapters.list = m.config.tasks.path = "/moved";
                m.config.run.workers = 7;
                m.config.slurm.nodes = 7;
              }).empty())
      << "nor does it matter where and how a sweep runs";
}

TEST(Manifest, HasTheTextOnDiskThatItAlwaysHad) {
  // The settings of a journal that version 0.1.0 wrote for the demo, all of them defaults but tasks.pool.
  Manifest m = sample_manifest();
  m.config = RunConfig{};
  m.config.tasks.pool = 10;
  EXPECT_THAT(
      to_json(m),
      HasSubstr(R"("settings":{"adapters":{"select":"random","count":20,"names":[]},"tasks":{"names":["*"],"shots":5,)"
                R"("shot_seed":42,"pool":10,"prompt":"{input}","limit":0},"search":{"method":"cobyla","budget":40,)"
                R"("population":0,"seeds":[1,2,3,4,5],"bounds":[-1.5,1.5],"l1":0.05,"composition":"lorahub",)"
                R"("loss":"lorahub"},"predict":{"max_new_tokens":256,"baselines":["zero-shot","few-shot"]}},)"
                R"("numerics":{"dtype":"f32","device":"cpu, avx2","revision":1,"check":"c"},)"));
  EXPECT_THAT(to_json(m), HasSubstr(R"("baselines":[{"few_shot":false,"task":0}])"));
}

TEST(Manifest, TakesASettingThatWasNotRecordedForItsDefault) {
  const auto recorded = nlohmann::ordered_json::parse(to_json(sample_manifest()));
  std::size_t removed = 0;
  for (const auto& [section, values] : recorded.at("settings").items())
    for (const auto& [key, value] : values.items()) {
      auto older = recorded;
      older["settings"][section].erase(key);
      const Manifest read = manifest_from_json(older.dump(), "here");
      const bool is_default = result_settings(RunConfig{})[section][key] == value;
      const auto differ = differences(read, sample_manifest());
      if (is_default)
        EXPECT_THAT(differ, testing::IsEmpty()) << section << "." << key;
      else
        EXPECT_THAT(differ, ElementsAre(testing::StartsWith(section + "." + key + " was "))) << "another value now";
      ++removed;
    }
  EXPECT_GE(removed, 19u);
  auto older = recorded;
  older["settings"].erase("predict");
  EXPECT_EQ(manifest_from_json(older.dump(), "here").config.predict, PredictConfig{});
}

TEST(Manifest, RefusesByNameWhatItDoesNotKnow) {
  const auto refusal = [](auto change) {
    auto json = nlohmann::ordered_json::parse(to_json(sample_manifest()));
    change(json);
    try {
      manifest_from_json(json.dump(), "here");
    } catch (const InputError& error) {
      EXPECT_EQ(error.where(), "here");
      return error.problem();
    }
    return std::string("accepted");
  };
  using Json = nlohmann::ordered_json;
  EXPECT_THAT(refusal([](Json& j) { j["settings"]["search"]["scope"] = "model"; }), HasSubstr("search.scope"));
  EXPECT_THAT(refusal([](Json& j) { j["settings"]["guard"]["folds"] = 5; }), HasSubstr("guard.folds"));
  EXPECT_THAT(refusal([](Json& j) { j["settings"]["run"]["workers"] = 5; }), HasSubstr("run.workers"))
      << "a setting, but none that is recorded";
  EXPECT_THAT(refusal([](Json& j) { j["settings"]["search"]["budget"] = "many"; }), HasSubstr("search.budget"));
  EXPECT_THAT(refusal([](Json& j) { j["numerics"]["rounding"] = 2; }), HasSubstr("rounding"));
  EXPECT_THAT(refusal([](Json& j) { j["numerics"]["dtype"] = "f8"; }), HasSubstr("f8"));
  EXPECT_THAT(refusal([](Json& j) { j["controls"] = Json::array(); }), HasSubstr("controls"));
  EXPECT_THAT(refusal([](Json& j) { j["base"]["revision"] = "main"; }), HasSubstr("revision"));
  EXPECT_THAT(refusal([](Json& j) { j["adapters"][0]["epoch"] = 1; }), HasSubstr("epoch"));
  EXPECT_THAT(refusal([](Json& j) { j["tasks"][0]["weight"] = 1; }), HasSubstr("weight"));
  EXPECT_THAT(refusal([](Json& j) { j["searches"][0]["places"] = 1; }), HasSubstr("places"));
  EXPECT_THAT(refusal([](Json& j) { j["baselines"][0]["kind"] = 1; }), HasSubstr("kind"));
  EXPECT_THAT(refusal([](Json& j) { j["base"]["config"]["rope_theta"] = 1; }), HasSubstr("rope_theta"));
  EXPECT_THAT(refusal([](Json& j) { j["tasks"][0]["cut"]["prompts"] = Json::array(); }), HasSubstr("prompts"));
  EXPECT_EQ(refusal([](Json&) {}), "accepted");
}

TEST(Manifest, TakesWhatLosesAreThereForNotRecordedWhereItIsOfBefore) {
  auto json = nlohmann::ordered_json::parse(to_json(sample_manifest()));
  json["tasks"][0].erase("cut");
  for (const char* key : {"sites", "idle_sites"}) json["adapters"][0].erase(key);
  const Manifest older = manifest_from_json(json.dump(), "here");
  EXPECT_FALSE(older.tasks[0].cut);
  EXPECT_EQ(older.adapters[0].sites, -1);
  EXPECT_EQ(older.adapters[0].idle_sites, -1);
  EXPECT_EQ(nlohmann::ordered_json::parse(to_json(older)), json) << "it is written as it was";
  EXPECT_THAT(differences(older, sample_manifest()), testing::IsEmpty()) << "such a run is continued";
}

TEST(Manifest, RefusesSettingsThatNoConfigurationHas) {
  for (const char* seeds : {"null", "\"1\"", "[1, 1]", "[]"}) {
    auto json = nlohmann::ordered_json::parse(to_json(sample_manifest()));
    json["settings"]["search"]["seeds"] = nlohmann::ordered_json::parse(seeds);
    EXPECT_THROW(manifest_from_json(json.dump(), "here"), InputError) << seeds;
  }
  auto many = nlohmann::ordered_json::parse(to_json(sample_manifest()));
  many["settings"]["search"]["seeds"].clear();
  for (int seed = 0; seed <= 10'000; ++seed) many["settings"]["search"]["seeds"].push_back(seed);
  EXPECT_THROW(manifest_from_json(many.dump(), "here"), InputError);
}

TEST(Manifest, RefusesNumbersThatDoNotFitTheirFields) {
  const std::string written = to_json(sample_manifest());
  for (const auto& [right, wrong] :
       {std::pair("\"seed\":1", "\"seed\":4294967297"), std::pair("\"seed\":1", "\"seed\":-4294967295"),
        std::pair("\"seed\":1", "\"seed\":1.5"), std::pair("[2,3]", "[4294967298,3]")}) {
    std::string changed = written;
    ASSERT_NE(changed.find(right), std::string::npos) << right;
    changed.replace(changed.find(right), std::string(right).size(), wrong);
    EXPECT_THROW(manifest_from_json(changed, "journal"), InputError) << wrong;
  }
}

TEST(Manifest, RefusesWhatIsNoManifest) {
  for (const char* text : {"", "{}", "[]", "{\"manifest\": 2}", "{\"manifest\": 1}"})
    EXPECT_THROW(manifest_from_json(text, "here"), InputError) << text;
}

}  // namespace
}  // namespace lorasweep
