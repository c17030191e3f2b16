// SPDX-License-Identifier: Apache-2.0
// What another shell is told of a run.
#include "pipeline/submit/run_status.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

namespace lorasweep {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

RunStatus running() {
  LiveNote note{.process = {.host = "n1", .pid = 4711, .machine = "m", .born = 1},
                .beat = 1,
                .written_utc = 1000,
                .phase = LivePhase::computing,
                .end = "",
                .log = "/runs/log",
                .evaluations_per_second = 35.25,
                .seconds_left = 82,
                .workers = {}};
  for (int worker = 1; worker <= 20; ++worker)
    note.workers.push_back({.worker = worker,
                            .place = "rank " + std::to_string(worker) + " on n1",
                            .standing = worker == 17 ? "silent" : "on time",
                            .heard = worker == 17 ? 30.0 : 0.5,
                            .at_unit = 1,
                            .units = 2});
  RunProgress progress{.state = "unfinished",
                       .missing = "",
                       .evaluations = 30,
                       .evaluations_total = 80,
                       .answers = 0,
                       .answers_total = 12,
                       .failures = 0,
                       .sessions = 2,
                       .tasks = {},
                       .last_record_utc = 999};
  progress.tasks = {
      {.name = "sorting", .evaluations = 30, .evaluations_total = 40, .answers_total = 6, .best_objective = 0.03125},
      {.name = "counting", .evaluations_total = 40, .answers_total = 6}};
  RestartHistory history{.restarts = 3,
                         .causes = {{"time limit", 2}, {"failure", 1}},
                         .last_cause = "failure",
                         .last_utc = "2026-01-31T12:00:00Z"};
  return {
      .utc = 1002,
      .parts = {{.name = "run",
                 .progress = progress,
                 .life = {.life = Life::running, .words = "process 4711 on n1 is computing", .note = note, .heard = 2},
                 .history = history,
                 .log = JobLog{.file = "/runs/log", .last_line = "the last word"}}},
      .collect_log = {},
      .jobs = std::vector<QueuedJob>{}};
}

TEST(StatusText, SaysOfALiveRunAllThatAPersonAsks) {
  const std::string text = status_text(running());
  for (const char* fact :
       {"running", "evaluations 30/80", "answers 0/12", "started 2 times", "process 4711 on n1", "35.2 evaluations/s",
        "1 min 20 s left", "last record 3 s ago", "20 workers, 19 on time, 1 silent",
        "3 restarts: 2 time limit, 1 failure", "/runs/log: the last word", "0.0312"})
    EXPECT_THAT(text, HasSubstr(fact));
  EXPECT_THAT(text, ContainsRegex("worker 17, rank 17 on n1: silent, heard 32 s ago")) << "as of now, not of the note";
  EXPECT_LT(text.find("worker 17"), text.find("worker 1,")) << "who is in trouble comes first";
  EXPECT_THAT(text, ContainsRegex("counting +0/40 +- +0/6"));
}

TEST(StatusText, ClaimsNoSpeedAndNoWorkersOfADeadRun) {
  RunStatus dead = running();
  dead.parts[0].life.life = Life::died;
  dead.parts[0].life.words = "process 4711 on n1 has died";
  const std::string text = status_text(dead);
  EXPECT_THAT(text, HasSubstr("unfinished"));
  EXPECT_THAT(text, HasSubstr("has died"));
  EXPECT_THAT(text, Not(HasSubstr("evaluations/s")));
  EXPECT_THAT(text, Not(HasSubstr("left")));
  EXPECT_FALSE(may_go_on(dead));
  EXPECT_TRUE(may_go_on(running()));
}

TEST(StatusText, FitsAScreen) {
  for (const std::size_t lines : {5, 12, 100}) {
    std::istringstream text(status_text(running(), {.lines = lines, .columns = 40}));
    std::size_t count = 0;
    for (std::string line; std::getline(text, line); ++count) EXPECT_LE(line.size(), 40u);
    EXPECT_LE(count, lines);
  }
  EXPECT_THAT(status_text(running(), {.lines = 5, .columns = 80}), ContainsRegex("and [0-9]+ lines more"));
}

TEST(StatusJson, HasTheSameFacts) {
  const auto all = nlohmann::json::parse(status_json(running()));
  EXPECT_EQ(all.at("schema"), "lorasweep.status/1");
  const auto& run = all.at("runs").at(0);
  EXPECT_EQ(run.at("state"), "unfinished");
  EXPECT_EQ(run.at("life").at("state"), "running");
  EXPECT_EQ(run.at("life").at("seconds_left"), 82);
  EXPECT_EQ(run.at("life").at("workers").size(), 20u);
  EXPECT_EQ(run.at("last_record_seconds_ago"), 3);
  EXPECT_EQ(run.at("restarts").at("count"), 3);
  EXPECT_EQ(run.at("log").at("path"), "/runs/log");
  EXPECT_EQ(run.at("tasks").at(0).at("best_objective"), 0.03125);
  EXPECT_TRUE(run.at("tasks").at(1).at("best_objective").is_null());
  EXPECT_TRUE(all.at("jobs").is_array());
}

}  // namespace
}  // namespace lorasweep
