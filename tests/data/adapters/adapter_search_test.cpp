// SPDX-License-Identifier: Apache-2.0
// What counts as an adapter below a directory, each once, and what is said to be passed over.
#include "data/adapters/adapter_search.h"

#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string first(40, 'a'), second(40, 'b'), repository = "models--lorahub--tiny_flan-bool_v1";

class SearchAdapters : public testing::Test {
 protected:
  void place(const fs::path& name) const {
    fs::create_directories(root / name);
    write(name / "adapter_config.json", "{}");
  }
  void write(const fs::path& name, const std::string& content = "") const {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name) << content;
  }
  // As `hf download` leaves a repository: files of a snapshot are links into blobs.
  void place_snapshot(const std::string& commit) const {
    write(repository + "/blobs/config", "{}");
    fs::create_directories(root / repository / "snapshots" / commit);
    fs::create_symlink("../../blobs/config", root / repository / "snapshots" / commit / "adapter_config.json");
  }
  std::vector<std::string> found() const {
    std::vector<std::string> names;
    for (const fs::path& path : search_adapters(root).found) names.push_back(path.generic_string());
    return names;
  }
  std::vector<Refusal> unusable() const {
    std::vector<Refusal> refusals;
    for (const UnusableDirectory& entry : search_adapters(root).unusable)
      refusals.push_back(
          {entry.problem.code(), entry.problem.where(), entry.problem.problem(), entry.problem.remedy()});
    return refusals;
  }
  std::vector<std::string> passed_over() const {
    std::vector<std::string> names;
    for (const PassedOver& entry : search_adapters(root).passed_over) names.push_back(entry.path.generic_string());
    return names;
  }

  TemporaryFolder folder;
  fs::path root = folder.path();
};

TEST_F(SearchAdapters, CountsTwoSnapshotsOfARepositoryOnce) {
  place_snapshot(first);
  place_snapshot(second);
  write(repository + "/refs/main", second);
  EXPECT_THAT(found(), ElementsAre(repository + "/snapshots/" + second));
  EXPECT_THAT(passed_over(), ElementsAre(repository + "/snapshots/" + first));
  root = root / repository;  // the repository itself as the library
  EXPECT_THAT(found(), ElementsAre("snapshots/" + second));
}

TEST_F(SearchAdapters, CannotUseTwoSnapshotsOfWhichNothingSaysWhichCounts) {
  place_snapshot(first);
  place_snapshot(second);
  EXPECT_THAT(unusable(), ElementsAre(Refused(ExitCode::bad_input, repository, {"refs/main"})));
  EXPECT_THAT(found(), IsEmpty());
  write(repository + "/refs/main", std::string(40, 'c'));
  EXPECT_THAT(unusable(), ElementsAre(Refused(ExitCode::bad_input, repository, {"refs/main"})));
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(SearchAdapters, TakesTheOnlySnapshotOfARepository) {
  place_snapshot(first);
  EXPECT_THAT(found(), ElementsAre(repository + "/snapshots/" + first));
  EXPECT_THAT(passed_over(), IsEmpty());
}

TEST_F(SearchAdapters, TellsOfRepositoriesOfOtherThings) {
  place("a");
  write("models--google--flan-t5-small/snapshots/" + first + "/config.json");
  write("models--google--flan-t5-small/snapshots/" + second + "/config.json");
  EXPECT_THAT(found(), ElementsAre("a"));
  EXPECT_THAT(passed_over(), ElementsAre("models--google--flan-t5-small"));
}

TEST_F(SearchAdapters, CountsADirectoryUnderTwoPathsOnce) {
  place("m/original");
  fs::create_directory_symlink("m/original", root / "alias");
  fs::create_directory_symlink("m", root / "z");
  EXPECT_THAT(found(), ElementsAre("m/original"));
  EXPECT_THAT(passed_over(), ElementsAre("alias", "z/original"));
}

TEST_F(SearchAdapters, CountsTwoLinksToOneDirectoryElsewhereOnce) {
  const TemporaryFolder elsewhere;
  elsewhere.write("adapter_config.json", "{}");
  fs::create_directory_symlink(elsewhere.path(), root / "b");
  fs::create_directory_symlink(elsewhere.path(), root / "a");
  EXPECT_THAT(found(), ElementsAre("a"));
  EXPECT_THAT(passed_over(), ElementsAre("b"));
}

TEST_F(SearchAdapters, TellsWhatMightBeMeantAsAdapters) {
  place("a");
  place("a/checkpoint-500");
  write("empty/deeper/notes.txt");
  write("lora.safetensors");
  write("more.zip");
  fs::create_symlink("gone", root / "link");
  EXPECT_THAT(found(), ElementsAre("a"));
  EXPECT_THAT(passed_over(), ElementsAre("a/checkpoint-500", "empty", "link", "lora.safetensors", "more.zip"));
}

TEST_F(SearchAdapters, SaysNothingOfWhatIsByTheWay) {
  place("a");
  fs::create_directory_symlink(root, root / "circle");
  for (const char* name : {"README.md", "LICENSE", ".gitattributes", ".git/objects/pack", ".locks/x/y.lock", "list.txt",
                           "__pycache__/x.pyc", "train.py", "a/README.md", "a/optimizer.pt", "a/training_args.bin"})
    write(name);
  EXPECT_THAT(passed_over(), IsEmpty());
}

TEST_F(SearchAdapters, CannotUseWeightsWithoutAConfigurationUnderEachOfTheirNames) {
  place("a");
  for (const char* name : {"adapter_model.safetensors", "adapter_model.bin", "adapter_model.safetensors.index.json",
                           "adapter_model-00001-of-00002.safetensors"}) {
    write(fs::path("half") / name);
    EXPECT_THAT(unusable(), ElementsAre(Refused(ExitCode::bad_input, "half", {"adapter_config.json"}))) << name;
    EXPECT_THAT(found(), ElementsAre("a")) << name;
    fs::remove(root / "half" / name);
  }
  fs::create_symlink("gone", root / "half" / "adapter_model.bin");
  EXPECT_THAT(unusable(), ElementsAre(Refused(ExitCode::bad_input, "half")));
  EXPECT_THAT(passed_over(), IsEmpty());
}

// A cache that was purged: the adapter was there, and reading it will say what is wrong.
TEST_F(SearchAdapters, FindsAnAdapterWhoseConfigurationIsALinkThatLeadsNowhere) {
  fs::create_directories(root / "a");
  fs::create_symlink("gone", root / "a" / "adapter_config.json");
  EXPECT_THAT(found(), ElementsAre("a"));
}

TEST_F(SearchAdapters, TellsOfWeightsBesideAdapters) {
  place("a");
  write("adapter_model.safetensors");
  EXPECT_THAT(passed_over(), ElementsAre("adapter_model.safetensors"));
}

}  // namespace
}  // namespace lorasweep
