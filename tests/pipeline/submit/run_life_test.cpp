// SPDX-License-Identifier: Apache-2.0
// The living, the stopped, the dead and the silent are told from each other; processes elsewhere by their signs.
#include "pipeline/submit/run_life.h"

#include "data/journal/journal.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/submit/lock_holder.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

namespace lorasweep {
namespace {

using std::chrono::milliseconds;

class LifeOfARun : public testing::Test {
 protected:
  const std::filesystem::path& run() const { return folder_.path(); }
  LiveNote note_of(ProcessMark process, double written_utc) const {
    return {.process = std::move(process),
            .beat = 7,
            .written_utc = written_utc,
            .phase = LivePhase::computing,
            .end = "",
            .log = "",
            .workers = {}};
  }
  static ProcessMark elsewhere() { return {.host = "n2", .pid = 4711, .machine = "another", .born = 1}; }
  /// As time passes for the one who looks; `meanwhile`: what happens.
  RunLife life(std::function<void(milliseconds)> meanwhile = [](milliseconds) {}) {
    return life_of(run(), {.utc = [this] { return now; },
                           .sleep =
                               [this, meanwhile](milliseconds time) {
                                 slept += time;
                                 meanwhile(slept);
                               }});
  }

  double now = 1'000'000;
  milliseconds slept{0};
  TemporaryFolder folder_;
};

/// A process that does nothing, and its mark.
class Child {
 public:
  Child() : pid_(fork()) {
    if (pid_ != 0) return;
    for (;;) pause();
  }
  ~Child() { end(); }
  ProcessMark mark() const {
    ProcessMark mark = this_process();
    const ProcessMark self = mark;
    mark.pid = pid_;
    for (mark.born = self.born; state_of(mark) == ProcessState::gone && mark.born < self.born + 100'000; ++mark.born)
      continue;
    return mark;
  }
  void signal(int number) const { kill(pid_, number); }
  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

TEST_F(LifeOfARun, IsUnknownWhereNobodySaysAnything) { EXPECT_EQ(life().life, Life::unknown); }

TEST_F(LifeOfARun, RunsAsLongAsItsProcessDoes) {
  Child child;
  // However old its last word is: a disk may be slow.
  ASSERT_TRUE(write_live_note(run(), note_of(child.mark(), now - 3600)));
  EXPECT_EQ(life().life, Life::running);
  EXPECT_DOUBLE_EQ(*life().heard, 3600);
  child.signal(SIGSTOP);
  for (int i = 0; i < 1000 && life().life != Life::suspended; ++i) usleep(1000);
  EXPECT_EQ(life().life, Life::suspended);
  child.end();
  EXPECT_EQ(life().life, Life::died);
  EXPECT_EQ(slept.count(), 0) << "nothing had to be waited for";
}

TEST_F(LifeOfARun, IsNotThatOfAnotherProcessWithTheSameNumber) {
  ProcessMark other = this_process();
  --other.born;
  ASSERT_TRUE(write_live_note(run(), note_of(other, now)));
  EXPECT_EQ(life().life, Life::died);
}

TEST_F(LifeOfARun, HasEndedWhereItsProcessSaidSo) {
  LiveNote note = note_of(elsewhere(), now - 5);
  note.phase = LivePhase::ended;
  note.end = "stopped by a signal";
  ASSERT_TRUE(write_live_note(run(), note));
  EXPECT_EQ(life().life, Life::ended);
  EXPECT_NE(life().words.find("stopped by a signal"), std::string::npos);
}

TEST_F(LifeOfARun, RunsElsewhereAsLongAsItGivesSigns) {
  ASSERT_TRUE(write_live_note(run(), note_of(elsewhere(), now - 6)));
  EXPECT_EQ(life().life, Life::running);
  EXPECT_EQ(slept.count(), 0);
}

TEST_F(LifeOfARun, RunsElsewhereWithAClockOfItsOwn) {
  for (const double off : {-3600.0, 3600.0}) {
    ASSERT_TRUE(write_live_note(run(), note_of(elsewhere(), now + off)));
    const RunLife found = life([&](milliseconds) {
      LiveNote next = note_of(elsewhere(), now + off + 5);
      next.beat = 8;
      write_live_note(run(), next);
    });
    EXPECT_EQ(found.life, Life::running) << off;
  }
}

TEST_F(LifeOfARun, RunsElsewhereWhereItsJournalGrows) {
  ASSERT_TRUE(write_live_note(run(), note_of(elsewhere(), now - 3600)));
  std::ofstream(journal_path(run())) << "one";
  const RunLife found =
      life([&](milliseconds) { std::ofstream(journal_path(run()), std::ios::app) << "more" << std::flush; });
  EXPECT_EQ(found.life, Life::running);
}

TEST_F(LifeOfARun, IsSilentElsewhereWhenNoSignComes) {
  ASSERT_TRUE(write_live_note(run(), note_of(elsewhere(), now - 3600)));
  const RunLife found = life();
  EXPECT_EQ(found.life, Life::silent);
  EXPECT_NE(found.words.find("n2"), std::string::npos);
  EXPECT_GT(slept, between_live_notes) << "a sign may come as late as that";
  EXPECT_LT(slept, 2 * between_live_notes);
}

TEST_F(LifeOfARun, OfAnOlderVersionIsSeenByItsLock) {
  {
    const JournalWriter writer = JournalWriter::create(journal_path(run()));
    const auto holder = lock_holder(journal_path(run()));
    if (!holder) GTEST_SKIP() << "this file system shows other numbers than its locks have";
    EXPECT_EQ(*holder, getpid());
    EXPECT_EQ(life().life, Life::running);
  }
  EXPECT_EQ(life().life, Life::unknown);
}

TEST(LiveNote, IsReadAsItWasWritten) {
  const TemporaryFolder folder;
  const LiveNote note{
      .process = this_process(),
      .beat = 3,
      .written_utc = 1.5,
      .phase = LivePhase::writing_results,
      .end = "",
      .log = "/a/log \"with\" quotes",
      .evaluations_per_second = 2.5,
      .workers = {
          {.worker = 1, .place = "rank 1 on n2", .standing = "silent", .heard = 8.5, .at_unit = 9, .units = 2}}};
  ASSERT_TRUE(write_live_note(folder.path(), note));
  EXPECT_EQ(read_live_note(folder.path()), note);
}

TEST(LiveNote, ThatIsNoneIsPassedOver) {
  const TemporaryFolder folder;
  for (const char* text : {"", "{", "[]", "7", R"({"format": 1})", R"({"format": 2, "host": 3})"}) {
    std::ofstream(live_note_path(folder.path())) << text;
    EXPECT_FALSE(read_live_note(folder.path()).has_value()) << text;
  }
}

}  // namespace
}  // namespace lorasweep
