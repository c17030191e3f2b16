// SPDX-License-Identifier: Apache-2.0
// Names are looked up where Hugging Face's tools would look, and an error says where that was.
#include "data/model/hub_cache.h"

#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::Field;
using testing::HasSubstr;
namespace fs = std::filesystem;

const std::string commit = "607a30d783dfa663caf39e06633721c8d4cfcd7e",
                  other = "1111111111111111111111111111111111111111";

class HubCache : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "HOME"}) {
      const char* value = getenv(name);
      before_[name] = value ? std::optional<std::string>(value) : std::nullopt;
      unsetenv(name);
    }
  }
  void TearDown() override {
    for (const auto& [name, value] : before_) value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
  }

  // A repository in the cache at `root`; returns the snapshot's directory.
  static fs::path store(const fs::path& root, const std::string& folder, const std::string& revision,
                        const std::string& of) {
    const fs::path ref = root / folder / "refs" / revision;
    fs::create_directories(ref.parent_path());
    std::ofstream(ref) << of;
    fs::create_directories(root / folder / "snapshots" / of);
    return root / folder / "snapshots" / of;
  }
  void use(const char* variable, const fs::path& path) const { setenv(variable, path.c_str(), 1); }

  TemporaryFolder folder_;
  const fs::path& cache_ = folder_.path();

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(HubCache, TakesADirectoryAsItIs) { EXPECT_EQ(find_model(folder_.path().string()), folder_.path()); }

TEST_F(HubCache, FollowsTheRevisionToItsSnapshot) {
  use("HF_HUB_CACHE", cache_);
  const fs::path main = store(cache_, "models--google--flan-t5-small", "main", commit);
  const fs::path tagged = store(cache_, "models--google--flan-t5-small", "v1.0", other);
  EXPECT_EQ(find_model("google/flan-t5-small"), main);
  EXPECT_EQ(find_model("google/flan-t5-small@main"), main);
  EXPECT_EQ(find_model("google/flan-t5-small@v1.0"), tagged);
  EXPECT_EQ(find_model("google/flan-t5-small@" + commit), main);
}

TEST_F(HubCache, TakesARepositoryByItsCurrentSnapshot) {
  const fs::path main = store(cache_, "models--a--b", "main", commit);
  store(cache_, "models--a--b", "v1.0", other);
  EXPECT_EQ(find_model((cache_ / "models--a--b").string()), main);
  const Snapshots snapshots = snapshots_of(cache_ / "models--a--b");
  EXPECT_EQ(snapshots.current, main);
  EXPECT_THAT(snapshots.others, testing::ElementsAre(cache_ / "models--a--b" / "snapshots" / other));
  fs::remove(cache_ / "models--a--b" / "refs" / "main");
  EXPECT_THAT(refusal_of([&] { find_model((cache_ / "models--a--b").string()); }),
              Refused(ExitCode::bad_input, "", {"refs/main"}));
}

TEST_F(HubCache, FindsPullRequestsAndNamesWithoutAnOwner) {
  use("HF_HUB_CACHE", cache_);
  EXPECT_EQ(find_model("a/b@refs/pr/1"), store(cache_, "models--a--b", "refs/pr/1", commit));
  EXPECT_EQ(find_model("t5-small"), store(cache_, "models--t5-small", "main", commit));
}

TEST_F(HubCache, AcceptsARefWithALineEnd) {
  use("HF_HUB_CACHE", cache_);
  store(cache_, "models--a--b", "main", commit);
  std::ofstream(cache_ / "models--a--b" / "refs" / "main") << commit << "\n";
  EXPECT_EQ(find_model("a/b").filename(), commit);
}

TEST_F(HubCache, LooksInTheFirstPlaceThatIsConfigured) {
  use("HOME", cache_ / "home");
  const fs::path by_home = store(cache_ / "home" / ".cache" / "huggingface" / "hub", "models--a--b", "main", commit);
  EXPECT_EQ(find_model("a/b"), by_home);
  use("XDG_CACHE_HOME", cache_ / "xdg");
  const fs::path by_xdg = store(cache_ / "xdg" / "huggingface" / "hub", "models--a--b", "main", commit);
  EXPECT_EQ(find_model("a/b"), by_xdg);
  use("HF_HOME", cache_ / "hf");
  const fs::path by_hf_home = store(cache_ / "hf" / "hub", "models--a--b", "main", commit);
  EXPECT_EQ(find_model("a/b"), by_hf_home);
  use("HF_HUB_CACHE", cache_ / "hub");
  const fs::path by_hub_cache = store(cache_ / "hub", "models--a--b", "main", commit);
  EXPECT_EQ(find_model("a/b"), by_hub_cache);
  setenv("HF_HUB_CACHE", "", 1);  // empty is as good as unset
  EXPECT_EQ(find_model("a/b"), by_hf_home);
}

TEST_F(HubCache, SaysWhereItLookedAndHowToDownload) {
  use("HF_HUB_CACHE", cache_);
  EXPECT_THAT(refusal_of([] { find_model("google/flan-t5-large"); }),
              AllOf(Refused(ExitCode::bad_input, "google/flan-t5-large",
                            {fs::absolute("google/flan-t5-large").string(),
                             (cache_ / "models--google--flan-t5-large").string()}),
                    Field(&Refusal::remedy, HasSubstr("`hf download google/flan-t5-large`"))));
  EXPECT_THAT(refusal_of([] { find_model("google/flan-t5-large@v2"); }),
              AllOf(Refused(ExitCode::bad_input, "google/flan-t5-large", {"revision v2"}),
                    Field(&Refusal::remedy, HasSubstr("`hf download google/flan-t5-large --revision v2`"))));
}

TEST_F(HubCache, SaysThatThereIsNoCache) {
  EXPECT_THAT(refusal_of([] { find_model("a/b"); }), Refused(ExitCode::bad_input, "", {"HOME"}));
}

TEST_F(HubCache, RefusesARefWhoseSnapshotIsNotThere) {
  use("HF_HUB_CACHE", cache_);
  fs::remove_all(store(cache_, "models--a--b", "main", commit));
  EXPECT_THAT(refusal_of([] { find_model("a/b"); }),
              AllOf(Refused(ExitCode::bad_input, "a/b"), Field(&Refusal::remedy, HasSubstr("hf download a/b"))));
}

TEST_F(HubCache, IsNotLedOutOfTheCache) {
  use("HF_HUB_CACHE", cache_ / "hub");
  store(cache_ / "hub", "models--a--b", "main", commit);
  fs::create_directories(cache_ / "hub" / "models--a--b" / "outside");
  std::ofstream(cache_ / "hub" / "models--a--b" / "refs" / "odd") << "../outside";
  for (const char* name : {"a/b@odd", "a/b@../snapshots", "a/../b", "../b", "/nowhere/b", "a/b@", "@main", "", "a//b",
                           "a/b/c", "-x/b", "a/b c"})
    EXPECT_THAT(refusal_of([&] { find_model(name); }), Refused(ExitCode::bad_input)) << name;
}

TEST_F(HubCache, RefusesAFile) {
  const fs::path file = folder_.write("model", "");
  EXPECT_THAT(refusal_of([&] { find_model(file.string()); }), Refused(ExitCode::bad_input, "", {"directory"}));
}

}  // namespace
}  // namespace lorasweep
