// SPDX-License-Identifier: Apache-2.0
// Runs the dispatch loop, over workers of this process or over MPI.
#include "pipeline/run/session.h"

#include "data/core/counted.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/report/pace.h"
#include "pipeline/report/progress_printer.h"
#include "pipeline/run/cores.h"
#include "pipeline/run/refusals.h"
#include "pipeline/run/start/steps.h"
#include "scheduler/local_transport.h"
#include "scheduler/mpi/mpi_transport.h"
#include "scheduler/mpi/mpi_worker.h"
#include "workers/engine/serve.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

// How soon, between appends, a run notices that its journal was removed and that its work is lost.
constexpr std::chrono::seconds between_looks_at_the_folder{1};

void log_news(const WorkerNews& news) {
  switch (news.kind) {
    case WorkerNews::Kind::lost: return spdlog::warn("worker {} is lost: {}", news.worker, news.reason);
    case WorkerNews::Kind::silent: return spdlog::warn("worker {} is silent; its work goes to others", news.worker);
    case WorkerNews::Kind::returned: return spdlog::info("worker {} is heard again", news.worker);
    case WorkerNews::Kind::overdue:
      return spdlog::warn("worker {} takes longer than expected; its work goes to others, too", news.worker);
    case WorkerNews::Kind::stuck:
      return spdlog::warn(
          "worker {} still works at what it should have finished long ago; it is not counted on any more", news.worker);
  }
}

// Looks at the sweep after every round of the loop, and shows what is due.
class Onlooker {
 public:
  Onlooker(Sweep& sweep, std::vector<std::string> places)
      : sweep_(sweep), places_(std::move(places)), show_(spdlog::should_log(spdlog::level::info)) {}

  void look() {
    const auto now = std::chrono::steady_clock::now();
    const bool line = show_ && printer_.due(now), note = sweep_.live().due(now);
    if (line || note) measure(now);
    if (line) printer_.print(pace_.view(), now);
    if (note) sweep_.live().beat(pace_.view(), now);
    if (now - looked_ < between_looks_at_the_folder) return;
    sweep_.check_owned();
    measure(now);
    looked_ = now;
  }
  void see(const std::vector<WorkerNow>& workers) { sweep_.live().take(workers, places_); }
  void finish() {
    const auto now = std::chrono::steady_clock::now();
    measure(now);
    if (show_) printer_.finish(pace_.view(), now);
  }

 private:
  void measure(ProgressPrinter::Time now) {
    pace_.update(sweep_.experiment().progress(), sweep_.experiment().work_left(), now);
  }

  Sweep& sweep_;
  std::vector<std::string> places_;
  bool show_;
  Pace pace_;
  ProgressPrinter printer_;
  ProgressPrinter::Time looked_ = std::chrono::steady_clock::now();
};

// Drives the loop and shows how far it is. `places`: of the workers; none: all are threads of this process.
LoopEnd dispatch(Transport& transport, Sweep& sweep, const StopRequested& stop, std::vector<std::string> places) {
  const SteadyClock clock;
  Onlooker onlooker(sweep, std::move(places));
  const LoopEnd end =
      run_dispatch_loop(transport, sweep.experiment(), clock,
                        {.stop_requested = stop,
                         .on_tick = [&] { onlooker.look(); },
                         .on_news = log_news,
                         .on_look = [&](const std::vector<WorkerNow>& workers) { onlooker.see(workers); }});
  onlooker.finish();
  return end;
}

WorkerCapacity smallest_capacity(const std::vector<std::unique_ptr<Engine>>& engines) {
  WorkerCapacity smallest = engines.front()->capacity();
  for (const auto& engine : engines) {
    smallest.members = std::min(smallest.members, engine->capacity().members);
    smallest.predictions = std::min(smallest.predictions, engine->capacity().predictions);
  }
  return smallest;
}

ChosenDevice choose_and_say(DeviceRequest request, std::span<const DeviceOffer> offers, const DeviceOffer& packer) {
  ChosenDevice chosen = choose_device(request, offers, packer);
  if (!chosen.warning.empty()) spdlog::warn("{}", chosen.warning);
  return chosen;
}

std::string name_of_worker(std::size_t worker) { return "worker " + std::to_string(worker); }

// Every engine repeats one evaluation, all at once. One that fails is removed: nobody knows what it would compute.
void repeat_recorded(const Sweep& sweep, std::vector<std::unique_ptr<Engine>>& engines) {
  if (sweep.recorded().empty()) return;
  const Order order = repetition(sweep.recorded());
  std::vector<std::future<Report>> reports;
  for (std::size_t worker = 0; worker < engines.size(); ++worker)
    reports.push_back(
        std::async(std::launch::async, [&, worker] { return repeat_one(*engines[worker], order, worker); }));
  std::vector<Repeated> repeated;
  for (std::size_t worker = 0; worker < reports.size(); ++worker)
    repeated.push_back({name_of_worker(worker), reports[worker].get()});
  require_recorded_bits(sweep.recorded(), repeated, journal_path(sweep.directory()).string());
  for (std::size_t worker = engines.size(); worker-- > 0;)
    if (const auto* failure = std::get_if<WorkFailure>(&repeated[worker].report.outcome)) {
      spdlog::warn("{} cannot compute: {}", repeated[worker].where, failure->reason);
      engines.erase(engines.begin() + worker);
    }
}

}  // namespace

ChosenDevice choose_device_of_this_process(DeviceRequest request) {
  std::vector<DeviceOffer> offers;
  for (int worker = 0; worker < std::max(device_count(DeviceKind::cuda), 1); ++worker)
    offers.push_back(device_offer(name_of_worker(worker), worker));
  return choose_and_say(request, offers, offers.front());
}

ChosenDevice choose_checked_device_of_this_process(DeviceRequest request, Element activation, Composition composition) {
  ChosenDevice chosen = choose_device_of_this_process(request);
  std::vector<CheckValues> values;
  for (int device = 0; device < device_count(chosen.kind); ++device)
    values.push_back(check_values(name_of_worker(device), {chosen.kind, activation, composition}, device));
  chosen.check = agreed_value(values);
  return chosen;
}

int default_workers(DeviceKind kind, int threads) {
  return kind == DeviceKind::cuda ? device_count(DeviceKind::cuda)
                                  : std::max(useful_threads(allowed_cores(), core_times()) / threads, 1);
}

SessionEnd run_in_this_process(Sweep& sweep, const StopRequested& stop) {
  WorkerSetup setup = worker_setup(sweep);
  const std::shared_ptr<const EnginePlan> plan = engine_plan(setup);
  const ImageSizes sizes = image_sizes(*plan);
  const std::unique_ptr<Ops> host = make_ops({});
  const std::shared_ptr<std::byte> model = host->allocate(sizes.model), library = host->allocate(sizes.library);
  write_images(setup, *plan, sweep, model.get(), library.get());

  int workers =
      sweep.config().run.workers > 0 ? sweep.config().run.workers : default_workers(setup.device.kind, setup.threads);
  if (setup.device.kind == DeviceKind::cpu)
    for (const std::string& text : {crowded_process_text(workers, setup.threads, allowed_cores()),
                                    scarce_process_text(workers, setup.threads, core_times())})
      if (!text.empty()) spdlog::warn("{}", text);
  const int devices = device_count(setup.device.kind);
  setup.device.sharers = std::max((workers + devices - 1) / std::max(devices, 1), 1);
  std::vector<std::unique_ptr<Engine>> engines;
  for (int worker = 0; worker < workers; ++worker)
    engines.push_back(make_engine(setup, plan, make_worker_ops(setup, worker), {model, library, ImagePlace::host}));
  repeat_recorded(sweep, engines);
  if (engines.empty()) return {LoopEnd::no_workers, {}};
  workers = static_cast<int>(engines.size());
  sweep.begin_session(workers);
  spdlog::info("{} in this process, {} each, on {}", counted(workers, "worker"), counted(setup.threads, "thread"),
               setup.device.signature);
  std::atomic<bool> lacks_memory = false;
  LocalTransport transport(workers, smallest_capacity(engines), [&](Channel& channel, WorkerId id) {
    try {
      serve(channel, *engines[id - 1]);
    } catch (const std::bad_alloc&) {
      lacks_memory = true;
      throw;
    }
    warn_of_refusals(*engines[id - 1]);
  });
  LoopEnd end = dispatch(transport, sweep, [&] { return stop() || transport.workers_left() == 0; }, {});
  if (end == LoopEnd::stopped && !stop()) end = LoopEnd::no_workers;
  if (end == LoopEnd::no_workers && lacks_memory) throw std::bad_alloc();
  return {end, {setup.adapters, library, setup.places}};
}

// --- over MPI ------------------------------------------------------------------------------------

struct SchedulerSession::State {
  explicit State(MpiSession& mpi) : side{mpi}, start(mpi, side) {}
  SchedulerSide side;
  StartLeader<SweepStart> start;
};

SchedulerSession::SchedulerSession(MpiSession& mpi) : state_(std::make_unique<State>(mpi)) {}
SchedulerSession::~SchedulerSession() = default;

ChosenDevice SchedulerSession::choose_device(DeviceRequest request, Element activation, Composition composition) {
  SchedulerSide& side = state_->side;
  state_->start.take_through<OfferDevices>();
  ChosenDevice chosen = choose_and_say(request, side.offers, side.packer);
  side.question = {chosen.kind, activation, composition};
  state_->start.take_through<CompareCheckValues>();
  chosen.check = agreed_value(side.check_values);
  return chosen;
}

SessionEnd SchedulerSession::run(Sweep& sweep, const StopRequested& stop) {
  SchedulerSide& side = state_->side;
  side.sweep = &sweep;
  if (sweep.config().run.workers > 0)
    spdlog::warn("run.workers has no effect: the launcher started the ranks, and every rank but the first is a worker");
  state_->start.take_all();
  MpiTransport transport(side.mpi);
  std::vector<std::string> places;
  for (const DeviceOffer& offer : side.offers) places.push_back(offer.where);
  const LoopEnd end = dispatch(transport, sweep, stop, std::move(places));
  transport.close();
  return {
      end,
      {side.setup.adapters, {std::shared_ptr<const std::byte>(), side.images->library().data()}, side.setup.places}};
}

void run_as_worker(MpiSession& mpi) {
  WorkerSide side{mpi};
  if (!follow_start<SweepStart>(mpi, side)) return;
  run_mpi_worker(mpi, side.engine ? side.engine->capacity() : WorkerCapacity{}, [&](Channel& channel) {
    if (!side.engine) std::rethrow_exception(side.failure);
    try {
      serve(channel, *side.engine);
    } catch (const std::bad_alloc&) {
      spdlog::error("rank {}: out of memory; use fewer workers per node, or a smaller library", mpi.rank());
      throw;
    }
    warn_of_refusals(*side.engine);
  });
}

}  // namespace lorasweep
