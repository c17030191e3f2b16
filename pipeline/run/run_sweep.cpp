// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/run_sweep.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/results/results_writer.h"
#include "pipeline/collect/build_results.h"
#include "pipeline/collect/failed_trials.h"
#include "pipeline/collect/report_results.h"
#include "pipeline/collect/screen_csv.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/run/session.h"
#include "pipeline/run/sweep.h"
#include "scheduler/mpi/lone_task.h"
#include "scheduler/mpi/mpi_session.h"
#include "scheduler/mpi/stop_signal.h"

#include <spdlog/spdlog.h>

#include <cstddef>
#include <filesystem>
#include <iostream>
#include <optional>
#include <vector>

namespace lorasweep {
namespace {

// A screen has no accuracies to show: its table is a file of its own.
ExitCode finish_screen(Sweep& sweep, const SweepResults& results, std::size_t failed) {
  const std::filesystem::path table = sweep.directory() / "screen.csv";
  write_file_atomically(table, screen_csv(results));
  write_file_atomically(completion_marker(sweep.directory()), results.run_uuid + "\n");
  sweep.live().end("complete");
  std::cout << "screen:  " << table.string() << "\nresults: " << results_path(sweep.directory()).string() << "\n"
            << std::flush;
  return report_failed_trials(failed);
}

// Results are made from the journal, as `collect` does: what cannot be rebuilt from it was never promised.
ExitCode finish(Sweep& sweep, const LibraryInMemory& library, const ReadBack& read_back) {
  sweep.complete();
  sweep.live().enter(LivePhase::writing_results);
  const std::vector<RunRecords> runs = {read_run(sweep.directory())};
  const SweepResults results = build_results(
      runs, {.kept = sweep.config().results, .library = library, .moved_to = {}, .suite = &sweep.inputs().suite});
  const std::filesystem::path file = results_path(sweep.directory());
  if (results.run_uuid != sweep.run_uuid())
    throw StorageError(journal_path(sweep.directory()).string(), "is another run's since this one was computed",
                       "leave the directories of running sweeps alone; run again with another --out");
  sweep.check_owned();
  write_results(results, file, read_back);
  sweep.check_owned();
  const std::size_t failed = failed_trials(runs);
  if (sweep.plan().screen_only) return finish_screen(sweep, results, failed);
  write_file_atomically(completion_marker(sweep.directory()), results.run_uuid + "\n");
  sweep.live().end("complete");
  return report_results(results, file, sweep.config().run.part.of > 1 ? SweepShare::part : SweepShare::whole, failed);
}

ExitCode end(Sweep& sweep, const SessionEnd& session, const ReadBack& read_back) {
  if (session.reason == LoopEnd::finished) return finish(sweep, session.library, read_back);
  const bool deserted = session.reason == LoopEnd::no_workers;
  if (deserted) spdlog::error("no worker is left");
  sweep.live().end(deserted ? "no worker was left" : "stopped by a signal");
  spdlog::warn("stopped; everything that was finished is saved. Continue with: lorasweep run ... --out {}",
               sweep.directory().string());
  return ExitCode::interrupted;
}

}  // namespace

ExitCode run_sweep(const RunOptions& options) {
  const StopSignal stop;
  const auto stop_requested = [&] { return stop.requested(); };
  const std::optional<LaunchedTask> task = task_of_several();
  std::optional<MpiSession> mpi;
  if (MpiSession::launched()) mpi.emplace();
  if (task && (!mpi || mpi->size() == 1)) refuse_lone_task(*task);
  if (mpi && mpi->rank() != 0) {
    run_as_worker(*mpi);
    return ExitCode::ok;
  }
  spdlog::info("reading the configuration, the model, adapters and tasks");
  std::optional<SchedulerSession> workers;  // dismisses them wherever this function is left before it runs them
  if (mpi && mpi->size() > 1) workers.emplace(*mpi);
  Sweep sweep(options, [&](DeviceRequest request, Element activation, Composition composition) {
    return workers ? workers->choose_device(request, activation, composition)
                   : choose_checked_device_of_this_process(request, activation, composition);
  });
  if (sweep.experiment().finished()) {
    workers.reset();
    SweepInputs& inputs = sweep.inputs();
    return finish(sweep, library_of(inputs.base->plan(), inputs.library, inputs.places), options.read_back);
  }
  return end(sweep, workers ? workers->run(sweep, stop_requested) : run_in_this_process(sweep, stop_requested),
             options.read_back);
}

}  // namespace lorasweep
