// SPDX-License-Identifier: Apache-2.0
// Which names a library may have, and where they lead.
#include "pipeline/plan/adapter_names.h"

#include "tests/pipeline/plan/input_folder.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lorasweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> names_in(const AdaptersConfig& config, std::vector<std::string>& problems) {
  std::vector<std::string> names;
  std::vector<PassedOver> passed_over;
  for (const NamedAdapter& adapter : name_adapters(config, problems, passed_over)) names.push_back(adapter.name);
  return names;
}

class AdapterNames : public testing::Test {
 protected:
  InputFolder folder;
  AdaptersConfig config = folder.config().adapters;
  std::vector<std::string> problems;
  std::vector<PassedOver> passed_over;
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
  const auto found = name_adapters(config, problems, passed_over);
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
  EXPECT_EQ(name_adapters(config, problems, passed_over).size(), 31u);
  ASSERT_EQ(passed_over.size(), 1u);
  EXPECT_EQ(passed_over[0].path, config.dir / "alias");
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
  const auto found = name_adapters(config, problems, passed_over);
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
