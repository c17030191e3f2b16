// SPDX-License-Identifier: Apache-2.0
// Finding adapters in directories, and telling whether a set of them can be mixed.
#include "data/adapters/adapter_search.h"
#include "tests/data/adapters/edited_adapter.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

void place_adapter(const fs::path& directory) {
  fs::create_directories(directory);
  std::ofstream(directory / "adapter_config.json") << "{}";
}

TEST(FindAdapters, FindsAllBelowInBytewiseOrder) {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a/z", "B", "a", "a-b", "deep/er/and/deeper/x"})
    if (std::string(name) != "a") place_adapter(folder.path() / name);
  fs::create_directories(folder.path() / "empty");
  folder.write("adapter_model.safetensors", "");
  EXPECT_THAT(search_adapters(folder.path()).found, ElementsAre("B", "a-b", "a/z", "b", "deep/er/and/deeper/x"));
}

TEST(FindAdapters, CallsHalfAnAdapterUnusableRatherThanPassingItOver) {
  const TemporaryFolder folder;
  place_adapter(folder.path() / "a");
  fs::create_directories(folder.path() / "half");
  folder.write("half/adapter_model.bin", "");
  const AdapterSearch search = search_adapters(folder.path());
  ASSERT_EQ(search.unusable.size(), 1u);
  EXPECT_EQ(search.unusable[0].path, "half");
  EXPECT_THAT(refusal_of([&] { throw search.unusable[0].problem; }),
              Refused(ExitCode::bad_input, "half", {"adapter_config.json"}));
  EXPECT_THAT(search.passed_over, testing::IsEmpty());
}

TEST(FindAdapters, TakesTheRootItselfAndNotWhatLiesInIt) {
  const TemporaryFolder folder;
  place_adapter(folder.path());
  place_adapter(folder.path() / "checkpoint-500");
  EXPECT_THAT(search_adapters(folder.path()).found, ElementsAre("."));
}

TEST(FindAdapters, FollowsLinksButNotInCircles) {
  const TemporaryFolder folder, elsewhere;
  place_adapter(elsewhere.path() / "x");
  place_adapter(folder.path() / "lib" / "y");
  fs::create_directory_symlink(elsewhere.path() / "x", folder.path() / "linked");
  fs::create_directory_symlink(folder.path(), folder.path() / "lib" / "up");
  fs::create_directory_symlink("self", folder.path() / "self");
  fs::create_symlink(folder.path() / "nowhere", folder.path() / "zz_dangling");
  EXPECT_THAT(search_adapters(folder.path()).found, ElementsAre("lib/y", "linked"));
}

TEST(FindAdapters, FindsNothingInAnEmptyDirectoryAndRefusesAFile) {
  const TemporaryFolder folder;
  EXPECT_THAT(search_adapters(folder.path()).found, IsEmpty());
  const fs::path file = folder.write("file", "");
  EXPECT_THAT(refusal_of([&] { search_adapters(file); }), Refused(ExitCode::bad_input, "", {"directory"}));
  EXPECT_THAT(refusal_of([&] { search_adapters(folder.path() / "nowhere"); }),
              Refused(ExitCode::bad_input, "", {"directory"}));
}

TEST(SameArchitecture, HoldsForTheDemo) {
  std::vector<Adapter> all;
  for (const fs::path& name : search_adapters(demo_dir / "adapters").found)
    all.emplace_back(demo_dir / "adapters" / name, demo_base());
  std::vector<const Adapter*> set;
  for (const Adapter& adapter : all) set.push_back(&adapter);
  EXPECT_NO_THROW(require_same_architecture(set));
  EXPECT_NO_THROW(require_same_architecture({}));
}

class DifferentArchitecture : public testing::Test {
 protected:
  Refusal refusal() const {
    const Adapter plain(demo_dir / "adapters" / "tiny_flan-copy_v1", demo_base()), odd = edited.open();
    return refusal_of([&] { require_same_architecture({&plain, &plain, &odd}); });
  }
  // The adapter that differs and the first of the set are named.
  auto says(std::vector<std::string> facts) const {
    facts.emplace_back("tiny_flan-copy_v1");
    return Refused(ExitCode::bad_input, edited.directory().string(), std::move(facts));
  }
  EditedAdapter edited{"tiny_flan-sort_v1"};
};

TEST_F(DifferentArchitecture, ByRank) {
  edited.cut_to_rank(4);
  edited.config["lora_alpha"] = 8;
  EXPECT_THAT(refusal(), says({"q.lora_A.weight", "rank 4", "8"}));
}

TEST_F(DifferentArchitecture, ByScaling) {
  edited.config["lora_alpha"] = 8;
  EXPECT_THAT(refusal(), says({"q.lora_A.weight", "scaling 1", "2"}));
}

TEST_F(DifferentArchitecture, ByScalingOfOneModule) {
  edited.config["alpha_pattern"] = {{"EncDecAttention.v", 1}};
  EXPECT_THAT(refusal(), says({"decoder.block.0.layer.1.EncDecAttention.v.lora_A.weight", "scaling 0.125"}));
}

TEST_F(DifferentArchitecture, BySites) {
  std::erase_if(edited.tensors, [](const auto& entry) { return entry.first.find(".v.") != std::string::npos; });
  edited.config["target_modules"] = {"q"};
  EXPECT_THAT(refusal(), says({"(q)"}));
}

}  // namespace
}  // namespace lorasweep
