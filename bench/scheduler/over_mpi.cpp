// SPDX-License-Identifier: Apache-2.0
// Runs of the dispatch loop over the ranks of an MPI job.
#include "bench/scheduler/over_mpi.h"

#include "bench/scheduler/no_work.h"
#include "scheduler/dispatch_loop.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/mpi_transport.h"
#include "scheduler/mpi/mpi_worker.h"

#include <benchmark/benchmark.h>

#include <iostream>
#include <memory>
#include <string>

namespace lorasweep {
namespace {

struct Setting {
  UnitId units;
  bool synced = false;
  std::size_t units_per_worker = 2;
};

void one_run(MpiSession& mpi, const Setting& setting) {
  std::unique_ptr<TemporaryJournal> journal = setting.synced ? std::make_unique<TemporaryJournal>() : nullptr;
  NoWork source(setting.units, journal.get());
  MpiTransport transport(mpi);
  const LoopOptions options{.dispatch = {.units_per_worker = setting.units_per_worker}};
  const LoopEnd end = run_dispatch_loop(transport, source, SteadyClock(), {}, options);
  if (end != LoopEnd::finished) throw std::runtime_error("the run did not finish");
}

// One transport after the other, each of them told to the workers before it opens.
void measure(benchmark::State& state, MpiSession& mpi, const Setting& setting) {
  for (auto _ : state) {
    std::string another = "another run";
    broadcast_bytes(mpi, another);
    one_run(mpi, setting);
  }
  state.counters["evaluations"] = benchmark::Counter(
      static_cast<double>(setting.units) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void answer_runs(MpiSession& mpi) {
  for (;;) {
    std::string another;
    broadcast_bytes(mpi, another);
    if (another.empty()) return;
    run_mpi_worker(mpi, {}, [](Channel& channel) {
      while (const auto order = channel.receive(true)) channel.send({order->unit, order->attempt, 1e-6, no_result()});
    });
  }
}

}  // namespace

int bench_over_mpi(int argc, char** argv) {
  MpiSession mpi;
  if (mpi.size() < 2) {
    std::cerr << "start it on two ranks or more, or without mpirun\n";
    return 2;
  }
  if (!mpi.scheduler()) {
    answer_runs(mpi);
    return 0;
  }
  const std::string workers = "mpi/" + std::to_string(mpi.size() - 1) + "_workers";
  const auto add = [&](const std::string& name, Setting setting) {
    benchmark::RegisterBenchmark((workers + name).c_str(),
                                 [&mpi, setting](benchmark::State& state) { measure(state, mpi, setting); })
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  };
  add("", {.units = 20'000});
  add("/64_each", {.units = 50'000, .units_per_worker = 64});
  add("/64_each/synced", {.units = 20'000, .synced = true, .units_per_worker = 64});
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::string no_more;
  broadcast_bytes(mpi, no_more);
  return 0;
}

}  // namespace lorasweep
