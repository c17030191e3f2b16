// SPDX-License-Identifier: Apache-2.0
// No-op evaluations per second through the real dispatch loop, with and without the synced journal.
//
//   scheduler_bench --benchmark_repetitions=7 --benchmark_enable_random_interleaving=true
//
// `local`: worker threads of this process that decode the work and answer at once. `ranks`: 1,024 simulated workers
// that are 1 ms at a unit in real time, so that what is measured is the dispatcher, the loop, the codec and the
// simulator itself. `synced` appends what arrived together to a journal in $TMPDIR, on whatever file system that is,
// and waits for the disk. `efficiency` is virtual: how busy 1,024 workers with units of 1 ms are when every event costs
// the scheduler the given nanoseconds.
#include "data/journal/journal.h"
#include "scheduler/dispatch_loop.h"
#include "scheduler/local_transport.h"
#include "scheduler/simulated_transport.h"
#include "scheduler/work_codec.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

using std::chrono::nanoseconds;

constexpr int adapters = 20, shots = 5;

/// A journal of its own directory, which goes with it.
class TemporaryJournal {
 public:
  TemporaryJournal() : directory_((std::filesystem::temp_directory_path() / "scheduler_bench_XXXXXX").string()) {
    if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("no temporary directory");
    writer_.emplace(JournalWriter::create(std::filesystem::path(directory_) / "journal"));
  }
  ~TemporaryJournal() {
    writer_.reset();
    std::filesystem::remove_all(directory_);
  }
  TemporaryJournal(const TemporaryJournal&) = delete;
  TemporaryJournal& operator=(const TemporaryJournal&) = delete;

  void append(std::span<const Record> records) { writer_->append(records); }

 private:
  std::string directory_;
  std::optional<JournalWriter> writer_;
};

/// Single evaluations of 20 weights each; what comes back is read, and journaled if there is a journal, as a sweep does
/// it.
class NoWork final : public WorkSource {
 public:
  NoWork(UnitId units, TemporaryJournal* journal) : units_(units), journal_(journal) {}

  std::optional<Unit> next(const WorkerCapacity&) override {
    if (issued_ == units_) return std::nullopt;
    const UnitId id = ++issued_;
    weights_[0] = static_cast<double>(id);
    return Unit{.id = id, .cost = 1, .payload = encode_work(EvaluateWork{{{.weights = weights_}}})};
  }
  void complete(std::vector<Completion> completions) override {
    std::vector<Record> records;
    for (const Completion& c : completions) {
      auto result = std::get<EvaluateResult>(decode_outcome(c.payload));
      if (journal_ != nullptr)
        records.push_back(EvaluationRecord{.search = 1,
                                           .step = static_cast<std::uint32_t>(c.unit),
                                           .weights = weights_,
                                           .nll = std::move(result.nll.at(0)),
                                           .key = std::string(64, 'a'),
                                           .attempt = c.attempt,
                                           .worker = c.worker,
                                           .seconds = c.seconds});
    }
    if (journal_ != nullptr) journal_->append(records);
    done_ += completions.size();
    ++rounds_;
  }
  void abandon(UnitId, const std::string& reason) override { throw std::runtime_error(reason); }
  bool finished() const override { return done_ == units_; }

  double per_round() const { return static_cast<double>(done_) / static_cast<double>(rounds_); }

 private:
  UnitId units_, issued_ = 0, done_ = 0, rounds_ = 0;
  TemporaryJournal* journal_;
  std::vector<double> weights_ = std::vector<double>(adapters, 0.25);
};

EvaluateResult no_result() { return {{std::vector<double>(shots, 1.5)}}; }

void drain(Transport& transport, NoWork& source, const Clock& clock, int units_per_worker = 2) {
  const LoopOptions options{.dispatch = {.units_per_worker = units_per_worker}};
  if (run_dispatch_loop(
          transport, source, clock, [] { return false; }, options, [] {}) != LoopEnd::finished)
    throw std::runtime_error("the run did not finish");
}

struct Setting {
  int workers;
  UnitId units;
  bool synced = false;
  int units_per_worker = 2;
};

void report(benchmark::State& state, const Setting& setting) {
  state.counters["evaluations"] = benchmark::Counter(
      static_cast<double>(setting.units) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void local(benchmark::State& state, Setting setting) {
  for (auto _ : state) {
    std::unique_ptr<TemporaryJournal> journal = setting.synced ? std::make_unique<TemporaryJournal>() : nullptr;
    LocalTransport transport(setting.workers, {}, [](Channel& channel, WorkerId) {
      while (const auto order = channel.receive(true)) channel.send({order->unit, order->attempt, no_result(), 1e-6});
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
  void send(WorkerId worker, Dispatch dispatch) override { world_.send(worker, std::move(dispatch)); }
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
  const std::string answer = encode_outcome(no_result());
  for (auto _ : state) {
    std::unique_ptr<TemporaryJournal> journal = setting.synced ? std::make_unique<TemporaryJournal>() : nullptr;
    SimulatedWorld world{.workers = setting.workers};
    world.answer = [&](const Dispatch&) { return answer; };
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
        return Unit{.id = ++id, .cost = 1, .payload = ""};
      }
      void complete(std::vector<Completion> completions) override { out -= completions.size(); }
      void abandon(UnitId, const std::string&) override { --out; }
      bool finished() const override { return left == 0 && out == 0; }
    } source;
    run_dispatch_loop(
        transport, source, transport.clock(), [] { return false; }, {}, [] {});
    share = static_cast<double>(transport.busy().count()) / static_cast<double>(transport.elapsed().count()) / workers;
  }
  state.counters["efficiency"] = share;
}

}  // namespace
}  // namespace lorasweep

int main(int argc, char** argv) {
  using namespace lorasweep;
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
