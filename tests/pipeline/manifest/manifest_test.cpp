// SPDX-License-Identifier: Apache-2.0
#include "pipeline/manifest/manifest.h"

#include "data/core/error.h"
#include "pipeline/config/result_settings.h"
#include "tests/pipeline/manifest/sample_manifest.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

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
  EXPECT_THAT(changed([](Manifest& m) { m.config.search.budget = 41; }),
              ElementsAre(Tells({"search.budget", "40", "41"})));
  EXPECT_THAT(changed([](Manifest& m) { m.config.model.dtype = Element::bf16; }),
              ElementsAre(Tells({"numerics.dtype", "\"f32\"", "\"bf16\""})));
  EXPECT_THAT(changed([](Manifest& m) { m.device = "cuda"; }),
              ElementsAre(Tells({"numerics.device", "\"cpu, avx2\"", "\"cuda\""})));
  EXPECT_THAT(changed([](Manifest& m) { m.revision = 2; }), ElementsAre(Tells({"numerics.revision", "1", "2"})));
  EXPECT_THAT(changed([](Manifest& m) { m.check = "d"; }), ElementsAre(Tells({"numerics.check", "c", "d"})));
  EXPECT_TRUE(changed([](Manifest& m) { m.check = ""; }).empty()) << "nobody could compute it: nobody will compute";
  EXPECT_THAT(changed([](Manifest& m) { m.base_sha256 = "ff"; }), ElementsAre(Tells({"content", "base model"})));
  EXPECT_THAT(changed([](Manifest& m) { std::get<T5Config>(m.base_config).d_ff = 1; }),
              ElementsAre(Tells({"base.d_ff", "192", "1"})));
  EXPECT_THAT(changed([](Manifest& m) { m.tokenizer_sha256 = "ff"; }), ElementsAre(Tells({"tokenizer"})));
  EXPECT_THAT(changed([](Manifest& m) { m.adapters[1].sha256 = "ff"; }), ElementsAre(Tells({"content", "adapter y"})));
  EXPECT_THAT(changed([](Manifest& m) { m.adapters.pop_back(); }), ElementsAre(Tells({"adapter y", "gone"})));
  EXPECT_THAT(changed([](Manifest& m) { std::swap(m.adapters[0], m.adapters[1]); }),
              ElementsAre(Tells({"order", "adapters"})));
  EXPECT_THAT(changed([](Manifest& m) { m.tasks[0].sha256 = "ff"; }), ElementsAre(Tells({"content", "task t"})));
  const auto beside_its_digest = [&](auto change) { return changed(change).size() == 1; };
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.tasks[0].targets[1] = "none"; }));
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.tasks[0].shot_tokens[0] = 3; }));
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.tasks[0].shots_sha256 = "ff"; }));
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.adapters[0].rank = 4; }));
  EXPECT_TRUE(beside_its_digest([](Manifest& m) { m.adapters[0].alpha = 4; }));
  EXPECT_THAT(changed([](Manifest& m) { m.searches.pop_back(); }), ElementsAre(Tells({"plan", "searches"})));
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

TEST(Manifest, RecordsFurtherShotsControlsAndWhatWasGivenOnlyWhereTheyAre) {
  const auto plain = nlohmann::ordered_json::parse(to_json(sample_manifest()));
  for (const char* key : {"replicates", "weights_sha256"}) EXPECT_FALSE(plain.contains(key)) << key;
  EXPECT_FALSE(plain["tasks"][0].contains("further_shots"));
  EXPECT_FALSE(plain["searches"][0].contains("of"));

  Manifest m = sample_manifest();
  m.config.tasks.shot_seed = {42, 7};
  m.tasks[0].further_shots = {{"55", {4, 5}}};
  m.searches.push_back({0, 1, 2, 0, Subject::random_adapters});
  m.weights_sha256 = "66";
  m.replicates = 1;
  const Manifest back = manifest_from_json(to_json(m), "here");
  EXPECT_EQ(back.tasks, m.tasks);
  EXPECT_EQ(back.searches, m.searches);
  EXPECT_EQ(back.weights_sha256, "66");
  EXPECT_EQ(back.replicates, 1);
  EXPECT_EQ(shots_of(back, back.searches[0]), (Manifest::Shots{"44", {2, 3}}));
  EXPECT_EQ(shots_of(back, back.searches[1]), (Manifest::Shots{"55", {4, 5}}));
  EXPECT_EQ(replicates_of(back), (std::vector<Replicate>{{.seed = 1, .shot_seed = 42, .draw = 0}}));

  Manifest now = m;
  now.weights_sha256 = "77";
  EXPECT_THAT(differences(m, now), ElementsAre(Tells({"search.weights"})));
  now = m;
  now.tasks[0].further_shots[0].sha256 = "77";
  EXPECT_EQ(differences(m, now).size(), 1u);
}

TEST(Manifest, HasTheTextOnDiskThatItAlwaysHad) {
  // The settings of a journal that version 0.1.0 wrote for the demo, all of them defaults but tasks.pool.
  Manifest m = sample_manifest();
  m.config = RunConfig{};
  m.config.tasks.pool = 10;
  m.config.tasks.prompt = "{input}";  // what a run puts there for these models, where nothing is said
  const auto recorded = nlohmann::ordered_json::parse(
      R"({"adapters":{"select":"random","count":20,"names":[]},"tasks":{"names":["*"],"shots":5,)"
      R"("shot_seed":42,"pool":10,"prompt":"{input}","limit":0},"search":{"method":"cobyla","budget":40,)"
      R"("population":0,"seeds":[1,2,3,4,5],"bounds":[-1.5,1.5],"l1":0.05,"composition":"lorahub",)"
      R"("loss":"lorahub"},"predict":{"max_new_tokens":256,"baselines":["zero-shot","few-shot"]}})");
  const auto settings = nlohmann::ordered_json::parse(to_json(m))["settings"];
  for (const auto& [section, values] : recorded.items())
    for (const auto& [key, value] : values.items())
      EXPECT_EQ(settings[section][key].dump(), value.dump()) << section << "." << key;
  EXPECT_THAT(to_json(m), HasSubstr(R"("numerics":{"dtype":"f32","device":"cpu, avx2","revision":1,"check":"c"},)"));
  EXPECT_THAT(to_json(m), testing::Not(HasSubstr("skipped_adapters"))) << "where none was skipped";
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
        EXPECT_THAT(differ, ElementsAre(Tells({section + "." + key}))) << "another value now";
      ++removed;
    }
  EXPECT_GE(removed, 19u);
  auto older = recorded;
  older["settings"].erase("predict");
  EXPECT_EQ(manifest_from_json(older.dump(), "here").config.predict, PredictConfig{});
}

TEST(Manifest, KeepsWhichAdaptersWereSkippedAndWhy) {
  Manifest m = sample_manifest();
  m.skipped_adapters = {{"broken", "broken/adapter_model.bin: is empty"}};
  const Manifest back = manifest_from_json(to_json(m), "here");
  EXPECT_EQ(back.skipped_adapters, m.skipped_adapters);
  EXPECT_EQ(to_json(back), to_json(m));
  EXPECT_THAT(differences(m, sample_manifest()), testing::IsEmpty()) << "the library is the same";
  Manifest without = m;
  without.skipped_adapters.push_back({without.adapters.back().name, "is empty now"});
  without.adapters.pop_back();
  EXPECT_THAT(differences(m, without), testing::Contains(Tells({m.adapters.back().name, "is empty now"})));
}

TEST(Manifest, RefusesByNameWhatItDoesNotKnow) {
  const auto refusal = [](auto change) {
    auto json = nlohmann::ordered_json::parse(to_json(sample_manifest()));
    change(json);
    return refusal_of([&] { manifest_from_json(json.dump(), "here"); });
  };
  using Json = nlohmann::ordered_json;
  EXPECT_THAT(refusal([](Json& j) { j["settings"]["search"]["momentum"] = 0.9; }),
              Refused(ExitCode::bad_input, "here", {"search.momentum"}));
  EXPECT_THAT(refusal([](Json& j) { j["settings"]["guard"]["folds"] = 5; }),
              Refused(ExitCode::bad_input, "here", {"guard.folds"}));
  EXPECT_THAT(refusal([](Json& j) { j["settings"]["run"]["workers"] = 5; }),
              Refused(ExitCode::bad_input, "here", {"run.workers"}))
      << "a setting, but none that is recorded";
  EXPECT_THAT(refusal([](Json& j) { j["settings"]["search"]["budget"] = "many"; }),
              Refused(ExitCode::bad_input, "here", {"search.budget"}));
  EXPECT_THAT(refusal([](Json& j) { j["numerics"]["rounding"] = 2; }),
              Refused(ExitCode::bad_input, "here", {"rounding"}));
  EXPECT_THAT(refusal([](Json& j) { j["numerics"]["dtype"] = "f8"; }), Refused(ExitCode::bad_input, "here", {"f8"}));
  EXPECT_THAT(refusal([](Json& j) { j["controls"] = Json::array(); }),
              Refused(ExitCode::bad_input, "here", {"controls"}));
  EXPECT_THAT(refusal([](Json& j) { j["base"]["revision"] = "main"; }),
              Refused(ExitCode::bad_input, "here", {"revision"}));
  EXPECT_THAT(refusal([](Json& j) { j["adapters"][0]["epoch"] = 1; }), Refused(ExitCode::bad_input, "here", {"epoch"}));
  EXPECT_THAT(refusal([](Json& j) { j["tasks"][0]["weight"] = 1; }), Refused(ExitCode::bad_input, "here", {"weight"}));
  EXPECT_THAT(refusal([](Json& j) { j["searches"][0]["places"] = 1; }),
              Refused(ExitCode::bad_input, "here", {"places"}));
  EXPECT_THAT(refusal([](Json& j) { j["baselines"][0]["kind"] = 1; }), Refused(ExitCode::bad_input, "here", {"kind"}));
  EXPECT_THAT(refusal([](Json& j) { j["base"]["config"]["rope_theta"] = 1; }),
              Refused(ExitCode::bad_input, "here", {"rope_theta"}));
  EXPECT_THAT(refusal([](Json& j) { j["tasks"][0]["cut"]["prompts"] = Json::array(); }),
              Refused(ExitCode::bad_input, "here", {"prompts"}));
  EXPECT_THAT(refusal([](Json&) {}), Accepted());
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
  for (const auto& [key, value] : {std::pair("budget", "1000000000"), std::pair("budget", "\"x\""),
                                   std::pair("method", "5"), std::pair("method", "null")}) {
    auto json = nlohmann::ordered_json::parse(to_json(sample_manifest()));
    json["settings"]["search"][key] = nlohmann::ordered_json::parse(value);
    EXPECT_THROW(manifest_from_json(json.dump(), "here"), InputError) << key << " = " << value;
  }
  for (const char* settings : {"null", "5", "[]"}) {
    auto json = nlohmann::ordered_json::parse(to_json(sample_manifest()));
    json["settings"] = nlohmann::ordered_json::parse(settings);
    EXPECT_THROW(manifest_from_json(json.dump(), "here"), InputError) << settings;
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

TEST(Manifest, KeepsTrialsAndThatNothingElseWasAskedFor) {
  Manifest m = sample_manifest();
  EXPECT_THAT(to_json(m), Not(HasSubstr("trials"))) << "older programs read manifests that have none";
  EXPECT_THAT(to_json(m), Not(HasSubstr("screen_only")));
  m.trials = {{.kind = Trial::screen, .index = 3, .positions = {0, 4}},
              {.kind = Trial::ablation, .index = 1, .positions = {2}}};
  m.screen_only = true;
  const Manifest back = manifest_from_json(to_json(m), "here");
  EXPECT_EQ(back.trials, m.trials);
  EXPECT_TRUE(back.screen_only);
  EXPECT_TRUE(replicates_of(back).empty());
  EXPECT_EQ(to_json(back), to_json(m));

  Manifest other = m;
  other.trials[1].positions = {1};
  EXPECT_THAT(differences(m, other), SizeIs(1));
  other = m;
  other.screen_only = false;
  EXPECT_THAT(differences(m, other), SizeIs(1));
}

TEST(Manifest, RefusesTrialsOfAnUnknownKindOrANumberThatDoesNotFit) {
  Manifest m = sample_manifest();
  m.trials = {{.kind = Trial::uniform, .index = 1, .positions = {0}}};
  const auto with = [&](const char* key, const nlohmann::ordered_json& value) {
    auto json = nlohmann::ordered_json::parse(to_json(m));
    json["trials"][0][key] = value;
    return json.dump();
  };
  EXPECT_NO_THROW(manifest_from_json(with("index", 0), "here"));
  EXPECT_THROW(manifest_from_json(with("kind", 3), "here"), InputError);
  EXPECT_THROW(manifest_from_json(with("kind", -1), "here"), InputError);
  EXPECT_THROW(manifest_from_json(with("index", 4294967296), "here"), InputError);
  EXPECT_THROW(manifest_from_json(with("positions", {-1}), "here"), InputError);
  EXPECT_THROW(manifest_from_json(with("zebra", 1), "here"), InputError);
}

}  // namespace
}  // namespace lorasweep
