// SPDX-License-Identifier: Apache-2.0
// No-op evaluations per second through the real dispatch loop, with and without the synced journal.
//
//   scheduler_bench --benchmark_repetitions=7 --benchmark_enable_random_interleaving=true
//   mpirun -n 3 --oversubscribe --bind-to none scheduler_bench    (the section `mpi`, over these ranks, and nothing
//   else)
//
// `local`: worker threads of this process that answer at once. `ranks`: 1,024 simulated workers
// that are 1 ms at a unit in real time, so that what is measured is the dispatcher, the loop and the simulator
// itself. `synced` appends what arrived together to a journal in $TMPDIR, on whatever file system that is,
// and waits for the disk. `efficiency` is virtual: how busy 1,024 workers with units of 1 ms are when every event costs
// the scheduler the given nanoseconds. `mpi`: worker ranks that decode the work and answer at once.
#include "bench/scheduler/no_work.h"
#include "bench/scheduler/over_mpi.h"
#include "scheduler/dispatch_loop.h"
#include "scheduler/local_transport.h"
#include "scheduler/simulated_transport.h"

#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace lorasweep {
namespace {

using std::chrono::nanoseconds;

void drain(Transport& transport, NoWork& source, const Clock& clock, std::size_t units_per_worker = 2) {
  const LoopOptions options{.dispatch = {.units_per_worker = units_per_worker}};
  if (run_dispatch_loop(transport, source, clock, {}, options) != LoopEnd::finished)
    throw std::runtime_error("the run did not finish");
}

struct Setting {
  int workers;
  UnitId units;
  bool synced = false;
  std::size_t units_per_worker = 2;
};

void report(benchmark::State& state, const Setting& setting) {
  state.counters["evaluations"] = benchmark::Counter(
      static_cast<double>(setting.units) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void local(benchmark::State& state, Setting setting) {
  for (auto _ : state) {
    std::unique_ptr<TemporaryJournal> journal = setting.synced ? std::make_unique<TemporaryJournal>() : nullptr;
    LocalTransport transport(setting.workers, {}, [](Channel& channel, WorkerId) {
      while (const auto order = channel.receive(true)) channel.send({order->unit, order->attempt, 1e-6, no_result()});
    });
    NoWork source(setting.units, journal.get());
    drain(transport, source, SteadyClock(), setting.units_per_worker);
    state.counters["together"] = source.per_round();
  }
  report(state, setting);
}

/// Simulated workers that work in real time: what they have done by now arrives, also what they did while the scheduler
/// was at the disk. Where they would be waited for, virtual time runs ahead instead.
class RealTime final : public Transport {
 public:
  explicit RealTime(SimulatedWorld world) : world_(std::move(world)) {}
  void send(WorkerId worker, Order order) override { world_.send(worker, std::move(order)); }
  std::vector<TransportEvent> poll(nanoseconds timeout) override {
    std::vector<TransportEvent> events = world_.poll(nanoseconds(0));
    const nanoseconds now = real();
    while (world_.elapsed() < now)
      for (TransportEvent& event : world_.poll(now - world_.elapsed())) events.push_back(std::move(event));
    return events.empty() ? world_.poll(timeout) : events;
  }
  void close() override { world_.close(); }
  const Clock& clock() const { return world_.clock(); }

 private:
  nanoseconds real() const { return std::chrono::steady_clock::now() - start_; }
  SimulatedTransport world_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void ranks(benchmark::State& state, Setting setting) {
  for (auto _ : state) {
    std::unique_ptr<TemporaryJournal> journal = setting.synced ? std::make_unique<TemporaryJournal>() : nullptr;
    SimulatedWorld world{.workers = setting.workers};
    world.answer = [](const Order&) { return no_result(); };
    RealTime transport(std::move(world));
    NoWork source(setting.units, journal.get());
    drain(transport, source, transport.clock(), setting.units_per_worker);
    state.counters["together"] = source.per_round();
  }
  report(state, setting);
}

void efficiency(benchmark::State& state) {
  constexpr int workers = 1024;
  double share = 0;
  for (auto _ : state) {
    SimulatedTransport transport({.workers = workers, .scheduler_time = nanoseconds(state.range(0))});
    struct Blank final : WorkSource {
      UnitId left = 1024 * 100, out = 0, id = 0;
      std::optional<Unit> next(const WorkerCapacity&) override {
        if (left == 0) return std::nullopt;
        --left, ++out;
        return Unit{.id = ++id, .cost = 1, .work = {}};
      }
      void complete(std::vector<WorkerReported> results) override { out -= results.size(); }
      void abandon(UnitId, const std::string&) override { --out; }
      bool finished() const override { return left == 0 && out == 0; }
    } source;
    run_dispatch_loop(transport, source, transport.clock());
    share = static_cast<double>(transport.busy().count()) / static_cast<double>(transport.elapsed().count()) / workers;
  }
  state.counters["efficiency"] = share;
}

}  // namespace
}  // namespace lorasweep

int main(int argc, char** argv) {
  using namespace lorasweep;
  if (MpiSession::launched()) return bench_over_mpi(argc, argv);
  const auto add = [](const std::string& name, void (*run)(benchmark::State&, Setting), Setting setting) {
    benchmark::RegisterBenchmark(name.c_str(), run, setting)->Unit(benchmark::kMillisecond)->UseRealTime();
  };
  add("local/1_worker", local, {.workers = 1, .units = 50'000});
  add("local/2_workers", local, {.workers = 2, .units = 50'000});
  add("local/2_workers/64_each", local, {.workers = 2, .units = 50'000, .units_per_worker = 64});
  add("local/1_worker/synced", local, {.workers = 1, .units = 1'000, .synced = true});
  add("local/2_workers/synced", local, {.workers = 2, .units = 1'000, .synced = true});
  add("local/2_workers/64_each/synced", local, {.workers = 2, .units = 20'000, .synced = true, .units_per_worker = 64});
  add("ranks/1024_workers", ranks, {.workers = 1024, .units = 200'000});
  add("ranks/1024_workers/synced", ranks, {.workers = 1024, .units = 50'000, .synced = true});
  benchmark::RegisterBenchmark("efficiency", efficiency)
      ->Arg(0)
      ->Arg(500)
      ->Arg(900)
      ->Arg(1500)
      ->Arg(10'000)
      ->Unit(benchmark::kMillisecond)
      ->Iterations(1);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
