// SPDX-License-Identifier: Apache-2.0
// Keys of task files beside inputs and targets: what might belong to a prompt is refused by name.
#include "data/core/error.h"
#include "data/tasks/bbh_json.h"
#include "data/tasks/example_row.h"
#include "tests/data/core/documented_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

Json task() { return {{"examples", {{{"input", "1 + 1"}, {"target", "2"}}}}}; }

std::string refused(const Json& json) {
  try {
    parse_bbh_json(json.dump(), "t.json");
  } catch (const InputError& error) {
    return error.where();
  }
  return "";
}

TEST(TaskKeys, AreDocumented) {
  expect_documented(bbh_keys(), "tasks.md");
  expect_documented(example_keys(), "tasks.md");
}

TEST(TaskKeys, ThatTellRowsApartAreTaken) {
  Json json = task();
  json["canary"] = "none";
  json["examples"][0]["id"] = 7;
  json["examples"][0]["metadata"] = {{"hops", 2}};
  json["examples"][0]["of_tomorrow"] = nullptr;
  EXPECT_EQ(refused(json), "");
}

TEST(TaskKeys, ThatMayBelongToAPromptAreRefused) {
  for (const char* key : {"task_prefix", "example_input_prefix", "instruction"}) {
    Json json = task();
    json[key] = "Answer with yes or no.";
    EXPECT_EQ(refused(json), std::string("t.json, key \"") + key + "\"");
  }
  for (const char* key : {"choices", "options", "context", "target_scores"}) {
    Json json = task();
    json["examples"][0][key] = {"yes", "no"};
    EXPECT_EQ(refused(json), std::string("t.json: examples[0], key \"") + key + "\"");
  }
}

}  // namespace
}  // namespace lorasweep
