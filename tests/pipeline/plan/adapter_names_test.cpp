// SPDX-License-Identifier: Apache-2.0
// Which names a library may have, and where they lead.
#include "pipeline/plan/adapter_names.h"

#include "tests/pipeline/plan/input_folder.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names_in(const AdaptersConfig& config, std::vector<std::string>& problems) {
  std::vector<std::string> names;
  for (const NamedAdapter& adapter : name_adapters(config, problems).adapters) names.push_back(adapter.name);
  return names;
}

class AdapterNames : public testing::Test {
 protected:
  InputFolder folder;
  AdaptersConfig config = folder.config().adapters;
  std::vector<std::string> problems;
};

TEST_F(AdapterNames, WithoutAListAreAllSorted) {
  const auto names = names_in(config, problems);
  EXPECT_EQ(names.size(), 31u);
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(AdapterNames, OfAListKeepItsOrder) {
  folder.write("list.txt", "# remark\r\n tiny_flan-swap_v1 \r\n\n\ttiny_flan-bool_v1 # another\ntiny_flan-copy_v1");
  config.list = folder.path() / "list.txt";
  EXPECT_THAT(names_in(config, problems), ElementsAre("tiny_flan-swap_v1", "tiny_flan-bool_v1", "tiny_flan-copy_v1"));
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(AdapterNames, MayLieInFoldersBelow) {
  std::filesystem::create_directory(folder.path() / "adapters" / "team");
  std::filesystem::rename(folder.path() / "adapters" / "tiny_flan-swap_v1",
                          folder.path() / "adapters" / "team" / "swap");
  config.select = AdapterSelection::named;
  config.names = {"team/swap"};
  const auto found = name_adapters(config, problems).adapters;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].directory, folder.path() / "adapters" / "team" / "swap");
}

TEST_F(AdapterNames, TheLibraryMayBeOneAdapter) {
  config.dir = folder.path() / "adapters" / "tiny_flan-swap_v1";
  EXPECT_THAT(names_in(config, problems), ElementsAre("tiny_flan-swap_v1"));
}

TEST_F(AdapterNames, AreAllCheckedAndTheNearestIsNamed) {
  config.select = AdapterSelection::named;
  config.names = {"tiny_flan-swap_v1", "tiny_flan-swop_v1", "../base",
                  "tiny_flan-bool_v1", "tiny_flan-bool_v1", "zebra"};
  EXPECT_THAT(names_in(config, problems), ElementsAre("tiny_flan-swap_v1", "tiny_flan-bool_v1"));
  EXPECT_THAT(problems, ElementsAre(Tells({"tiny_flan-swap_v1?"}), Tells({"../base"}),
                                    Tells({"tiny_flan-bool_v1", "twice"}), Tells({"zebra"})));
}

TEST_F(AdapterNames, OneAdapterUnderTwoSpellingsIsTwiceThere) {
  folder.write("list.txt", "tiny_flan-copy_v1\n./tiny_flan-copy_v1/\n");
  config.list = folder.path() / "list.txt";
  EXPECT_THAT(names_in(config, problems), ElementsAre("tiny_flan-copy_v1"));
  EXPECT_THAT(problems, ElementsAre(Tells({"twice"})));
}

TEST_F(AdapterNames, AnAdapterAndALinkToItAreTwiceThere) {
  std::filesystem::create_directory_symlink("tiny_flan-copy_v1", config.dir / "alias");
  folder.write("list.txt", "tiny_flan-copy_v1\nalias\n");
  config.list = folder.path() / "list.txt";
  EXPECT_THAT(names_in(config, problems), ElementsAre("tiny_flan-copy_v1"));
  EXPECT_THAT(problems, ElementsAre(Tells({"alias"})));
  config.list.clear();
  problems.clear();
  const auto all = name_adapters(config, problems);
  EXPECT_EQ(all.adapters.size(), 31u);
  ASSERT_EQ(all.passed_over.size(), 1u);
  EXPECT_EQ(all.passed_over[0].path, config.dir / "alias");
}

TEST_F(AdapterNames, OfARepositoryBelowLeadToItsSnapshot) {
  const std::filesystem::path repository = config.dir / "models--lorahub--x", snapshots = repository / "snapshots";
  for (const char* commit : {"aaaa", "bbbb"}) {
    std::filesystem::create_directories(snapshots / commit);
    std::filesystem::copy(config.dir / "tiny_flan-copy_v1", snapshots / commit);
  }
  std::filesystem::create_directories(repository / "refs");
  folder.write("adapters/models--lorahub--x/refs/main", "bbbb");
  config.select = AdapterSelection::named;
  config.names = {"models--lorahub--x", "models--lorahub--x/snapshots/bbbb"};
  const auto found = name_adapters(config, problems).adapters;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].directory, snapshots / "bbbb");
  EXPECT_THAT(problems, ElementsAre(Tells({"twice"})));
}

TEST_F(AdapterNames, ADirectoryWithoutAConfigurationIsSaidToBeSo) {
  std::filesystem::create_directories(config.dir / "half_downloaded");
  folder.write("list.txt", "half_downloaded\n");
  config.list = folder.path() / "list.txt";
  EXPECT_THAT(names_in(config, problems), IsEmpty());
  EXPECT_THAT(problems, ElementsAre(Tells({"half_downloaded", "adapter_config.json", "list.txt"})));
}

TEST_F(AdapterNames, ARepositoryThatIsNotInTheCacheIsAProblem) {
  config.select = AdapterSelection::named;
  config.names = {"nobody/has-this-adapter"};
  EXPECT_THAT(names_in(config, problems), IsEmpty());
  EXPECT_THAT(problems, ElementsAre(Tells({"nobody/has-this-adapter"})));
}

TEST_F(AdapterNames, AnEmptyLibraryIsAProblem) {
  config.dir = folder.path() / "tasks";
  EXPECT_THAT(names_in(config, problems), IsEmpty());
  EXPECT_THAT(problems, ElementsAre(Tells({"no adapter"})));
}

TEST_F(AdapterNames, OfAPublishedListLeadToFoldersThatAreCalledLikeTheirRepositories) {
  std::filesystem::rename(config.dir / "tiny_flan-swap_v1", config.dir / "lorahub--tiny_flan-swap_v1");
  const std::filesystem::path repository = config.dir / "models--lorahub--x";
  std::filesystem::create_directories(repository / "snapshots");
  std::filesystem::create_directories(repository / "refs");
  std::filesystem::copy(config.dir / "tiny_flan-copy_v1", repository / "snapshots" / "aaaa");
  folder.write("list.txt", "\xef\xbb\xbflorahub/tiny_flan-bool_v1\r\nlorahub/tiny_flan-swap_v1\r\nlorahub/x\r\n");
  config.list = folder.path() / "list.txt";
  EXPECT_THAT(names_in(config, problems),
              ElementsAre("tiny_flan-bool_v1", "lorahub--tiny_flan-swap_v1", "models--lorahub--x"));
  EXPECT_THAT(problems, IsEmpty());
  folder.write("list.txt", "one/tiny_flan-bool_v1\ntwo/tiny_flan-bool_v1\ntwo/nowhere\n");
  EXPECT_THAT(names_in(config, problems), ElementsAre("tiny_flan-bool_v1"));
  EXPECT_THAT(problems, ElementsAre(Tells({"two/tiny_flan-bool_v1", "twice"}),
                                    Tells({"two/nowhere", "nowhere below", "hf download two/nowhere"})));
}

TEST_F(AdapterNames, AListInAnotherNotationIsSaidToBeOneOnceWithItsLine) {
  config.list = folder.path() / "list.txt";
  for (const auto& [text, facts] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"['a', 'b']\n", {"list.txt:1", "Python"}},
           {"# names\n\"a\",\n\"b\"\n", {"list.txt:2", "Python"}},
           {"tiny_flan-bool_v1,\ntiny_flan-copy_v1,\n", {"list.txt:1", "Python"}},
           {"{\"adapters\": []}", {"list.txt:1", "JSON"}},
           {"tiny_flan-bool_v1, tiny_flan-copy_v1\n", {"list.txt:1", "one line"}},
           {"- tiny_flan-bool_v1\n", {"list.txt:1", "YAML"}},
           {"1. tiny_flan-bool_v1\n2. tiny_flan-copy_v1\n", {"list.txt:1", "numbered"}},
           {"2) tiny_flan-bool_v1\n", {"list.txt:1", "numbered"}},
           {"tiny_flan-bool_v1\t8\ntiny_flan-copy_v1\t8\n", {"list.txt:1", "tabs"}},
           {"name,rank\ntiny_flan-bool_v1,8\ntiny_flan-copy_v1,8\n", {"list.txt", "comma-separated", "name,rank"}},
           {"https://huggingface.co/lorahub/x\n", {"list.txt:1", "address", "org/name"}},
           {std::string("\xff\xfe"
                        "a\0",
                        4),
            {"list.txt", "UTF-16"}},
           {"<!doctype html>", {"list.txt", "web page"}}}) {
    folder.write("list.txt", text);
    problems.clear();
    EXPECT_THAT(names_in(config, problems), IsEmpty());
    EXPECT_THAT(problems, ElementsAre(Tells(facts))) << text;
  }
  folder.write("list.txt", "team\\swap\n");
  problems.clear();
  EXPECT_THAT(names_in(config, problems), IsEmpty());
  EXPECT_THAT(problems, ElementsAre(Tells({"team\\swap", "/"})));
}

TEST_F(AdapterNames, OfAListWithCarriageReturnsAloneAreItsLines) {
  folder.write("list.txt", "tiny_flan-swap_v1\rtiny_flan-bool_v1\r");
  config.list = folder.path() / "list.txt";
  EXPECT_THAT(names_in(config, problems), ElementsAre("tiny_flan-swap_v1", "tiny_flan-bool_v1"));
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(AdapterNames, MayHaveCommasInThem) {
  std::filesystem::rename(config.dir / "tiny_flan-swap_v1", config.dir / "swap,r=8");
  folder.write("list.txt", "swap,r=8\nswap,r=9\n");
  config.list = folder.path() / "list.txt";
  EXPECT_THAT(names_in(config, problems), ElementsAre("swap,r=8"));
  EXPECT_THAT(problems, ElementsAre(Tells({"swap,r=9", "swap,r=8"})));
}

TEST_F(AdapterNames, ThatAPatternCoversAreNoPartOfTheLibrary) {
  config.exclude = {"*_v2", "tiny_flan-c*"};
  const auto all = names_in(config, problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(all, testing::Not(testing::Contains("tiny_flan-bool_v2")));
  EXPECT_THAT(all, testing::Not(testing::Contains("tiny_flan-copy_v1")));
  EXPECT_THAT(all, testing::Contains("tiny_flan-bool_v1"));
  // Of a list, too, as its names are written or as they are called.
  folder.write("list.txt", "lorahub/tiny_flan-bool_v1\ntiny_flan-swap_v1\nlorahub/nowhere\n");
  config.list = folder.path() / "list.txt";
  config.exclude = {"lorahub/nowhere", "tiny_flan-bool_*"};
  EXPECT_THAT(names_in(config, problems), ElementsAre("tiny_flan-swap_v1"));
  EXPECT_THAT(problems, IsEmpty());
}

TEST_F(AdapterNames, APatternThatCoversNothingAndPatternsThatLeaveNothingAreProblems) {
  config.exclude = {"zebra*", "tiny_flan-bool_v1"};
  EXPECT_EQ(names_in(config, problems).size(), 30u);
  EXPECT_THAT(problems, ElementsAre(Tells({"adapters.exclude", "zebra*"})));
  problems.clear();
  config.exclude = {"*"};
  EXPECT_THAT(names_in(config, problems), IsEmpty());
  EXPECT_THAT(problems, ElementsAre(Tells({"adapters.exclude"})));
}

TEST_F(AdapterNames, DirectoriesThatAreKnownToBeUnusableAreTold) {
  folder.write("adapters/half/adapter_model.bin", "");
  const auto all = name_adapters(config, problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(all.adapters.size(), 31u);
  ASSERT_EQ(all.unusable.size(), 1u);
  EXPECT_EQ(all.unusable[0].name, "half");
  EXPECT_THAT(all.unusable[0].reason, Tells({"half", "adapter_config.json"}));
}

TEST_F(AdapterNames, AListWithoutNamesIsAProblem) {
  folder.write("list.txt", "# none yet\n\n");
  config.list = folder.path() / "list.txt";
  EXPECT_THAT(names_in(config, problems), IsEmpty());
  EXPECT_THAT(problems, ElementsAre(Tells({"list.txt", "no adapter"})));
}

TEST_F(AdapterNames, AMissingListIsAProblem) {
  config.list = folder.path() / "nowhere.txt";
  EXPECT_THAT(names_in(config, problems), IsEmpty());
  EXPECT_THAT(problems, ElementsAre(Tells({"nowhere.txt"})));
}

}  // namespace
}  // namespace lorasweep
