// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/session.h"

#include "data/core/error.h"
#include "pipeline/run/image_transfer.h"
#include "pipeline/run/progress.h"
#include "scheduler/local_transport.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/mpi_transport.h"
#include "scheduler/mpi/mpi_worker.h"
#include "scheduler/mpi/node_place.h"
#include "scheduler/mpi/shared_window.h"
#include "workers/device/device_broadcast.h"
#include "workers/engine/serve.h"

#include <sched.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

int available_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return sched_getaffinity(0, sizeof cores, &cores) == 0 ? std::max(CPU_COUNT(&cores), 1) : 1;
}

// Drives the loop and shows how far it is.
LoopEnd dispatch(Transport& transport, Sweep& sweep, const StopRequested& stop) {
  const SteadyClock clock;
  ProgressPrinter printer;
  const auto show = [&] { printer.update(sweep.experiment().progress(), std::chrono::steady_clock::now()); };
  const LoopEnd end = run_dispatch_loop(transport, sweep.experiment(), clock, stop, LoopOptions{}, show);
  printer.finish(sweep.experiment().progress(), std::chrono::steady_clock::now());
  return end;
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "this node";
}

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown";
  }
}

WorkerCapacity smallest_capacity(const std::vector<std::unique_ptr<Engine>>& engines) {
  WorkerCapacity smallest = engines.front()->capacity();
  for (const auto& engine : engines) {
    smallest.members = std::min(smallest.members, engine->capacity().members);
    smallest.predictions = std::min(smallest.predictions, engine->capacity().predictions);
  }
  return smallest;
}

ChosenDevice choose_and_say(DeviceRequest request, std::span<const DeviceOffer> offers) {
  ChosenDevice chosen = choose_device(request, offers);
  if (!chosen.warning.empty()) spdlog::warn("{}", chosen.warning);
  return chosen;
}

}  // namespace

ChosenDevice choose_device_of_this_process(DeviceRequest request) {
  std::vector<DeviceOffer> offers;
  for (int worker = 0; worker < std::max(device_count(DeviceKind::cuda), 1); ++worker)
    offers.push_back(device_offer("worker " + std::to_string(worker), worker));
  return choose_and_say(request, offers);
}

int default_workers(DeviceKind kind, int threads) {
  return kind == DeviceKind::cuda ? device_count(DeviceKind::cuda) : std::max(available_cores() / threads, 1);
}

LoopEnd run_in_this_process(Sweep& sweep, const StopRequested& stop) {
  WorkerSetup setup = worker_setup(sweep);
  const std::shared_ptr<const EnginePlan> plan = engine_plan(setup);
  const ImageSizes sizes = image_sizes(*plan);
  const std::unique_ptr<Ops> host = make_ops({});
  const std::shared_ptr<std::byte> model = host->allocate(sizes.model), library = host->allocate(sizes.library);
  write_images(setup, *plan, sweep.inputs(), model.get(), library.get());

  const int workers =
      sweep.config().run.workers > 0 ? sweep.config().run.workers : default_workers(setup.device.kind, setup.threads);
  const int devices = device_count(setup.device.kind);
  setup.device.sharers = std::max((workers + devices - 1) / std::max(devices, 1), 1);
  sweep.begin_session(workers);
  spdlog::info("{} workers in this process, {} threads each, on {}", workers, setup.threads, setup.device.signature);
  std::vector<std::unique_ptr<Engine>> engines;
  for (int worker = 0; worker < workers; ++worker)
    engines.push_back(make_engine(setup, plan, make_worker_ops(setup, worker), {model, library, ImagePlace::host}));
  LocalTransport transport(workers, smallest_capacity(engines), [&](Channel& channel, WorkerId id) {
    serve(channel, *engines[static_cast<std::size_t>(id) - 1]);
  });
  return dispatch(transport, sweep, stop);
}

// --- over MPI: what rank 0 and the others do, step by step in the same order ---------------------

ChosenDevice choose_device_of_workers(MpiSession& mpi, DeviceRequest request) {
  std::string question = "what do you compute with?";
  broadcast_bytes(mpi, question);
  place_on_node(mpi);
  std::vector<DeviceOffer> offers;
  for (const std::string& offer : gather_bytes(mpi, ""))
    if (!offer.empty()) offers.push_back(decode_device_offer(offer));
  return choose_and_say(request, offers);
}

LoopEnd run_as_scheduler(MpiSession& mpi, Sweep& sweep, const StopRequested& stop) {
  WorkerSetup setup = worker_setup(sweep);
  // NCCL takes one member a device.
  if (setup.device.kind == DeviceKind::cuda && setup.device.sharers == 1) setup.broadcast = new_broadcast_ticket();
  std::string bytes = encode(setup);
  broadcast_bytes(mpi, bytes);
  const bool by_devices = !setup.broadcast.empty() && all_ready(mpi, "");
  const std::shared_ptr<const EnginePlan> plan = engine_plan(setup);
  const ImageSizes sizes = image_sizes(*plan);
  std::optional<SharedWindow> model_window, library_window;
  std::shared_ptr<std::byte> model_memory, library_memory;
  std::span<std::byte> model, library;
  if (by_devices) {
    const std::unique_ptr<Ops> host = make_ops({});
    model_memory = host->allocate(sizes.model);
    library_memory = host->allocate(sizes.library);
    model = {model_memory.get(), sizes.model};
    library = {library_memory.get(), sizes.library};
  } else {
    model = model_window.emplace(mpi, sizes.model).data();
    library = library_window.emplace(mpi, sizes.library).data();
  }
  try {
    write_images(setup, *plan, sweep.inputs(), model.data(), library.data());
  } catch (...) {
    agree(mpi, false);
    throw;
  }
  agree(mpi, true);
  if (by_devices) {
    send_images(mpi, model, library);
    model_memory.reset();
    library_memory.reset();
  } else {
    model_window->publish();
    library_window->publish();
  }
  sweep.begin_session(mpi.size() - 1);
  spdlog::info("{} workers over MPI, on {}{}", mpi.size() - 1, setup.device.signature,
               by_devices ? "; model and adapters went by NCCL" : "");
  LoopEnd end{};
  {
    MpiTransport transport(mpi);
    end = dispatch(transport, sweep, stop);
    transport.close();
  }
  return end;
}

void run_as_worker(MpiSession& mpi) {
  std::string bytes;
  broadcast_bytes(mpi, bytes);
  if (bytes.empty()) return;  // rank 0 dismissed us
  const int worker = place_on_node(mpi).worker;
  gather_bytes(mpi, encode(device_offer("rank " + std::to_string(mpi.rank()) + " on " + host_name(), worker)));
  broadcast_bytes(mpi, bytes);
  if (bytes.empty()) return;
  const WorkerSetup setup = decode_worker_setup(bytes);
  const std::shared_ptr<const EnginePlan> plan = engine_plan(setup);
  const ImageSizes sizes = image_sizes(*plan);

  std::unique_ptr<Ops> ops;
  std::unique_ptr<DeviceBroadcast> broadcast;
  std::exception_ptr failure;  // told to rank 0 once it listens
  try {
    ops = make_worker_ops(setup, worker);
    if (!setup.broadcast.empty())
      broadcast = join_broadcast(setup.broadcast, mpi.rank() - 1, mpi.size() - 1,
                                 {.kind = setup.device.kind, .index = device_index(worker)});
  } catch (...) {
    failure = std::current_exception();
  }
  const bool by_devices = !setup.broadcast.empty() && all_ready(mpi, failure ? text_of(failure) : "");
  std::optional<SharedWindow> model, library;
  if (!by_devices) {
    broadcast.reset();
    model.emplace(mpi, sizes.model);
    library.emplace(mpi, sizes.library);
  }
  if (!agree(mpi, true)) return;  // rank 0 could not read the weights, and says so
  EngineImages images;
  if (by_devices) {
    images = receive_images(mpi, *ops, *broadcast, sizes);
    broadcast.reset();
  } else {
    model->publish();
    library->publish();
    // The windows outlive the engine: this function returns after the last order.
    const auto borrowed = [](SharedWindow& window) {
      return std::shared_ptr<const std::byte>(window.data().data(), [](const std::byte*) {});
    };
    images = {borrowed(*model), borrowed(*library), ImagePlace::host};
  }

  std::unique_ptr<Engine> engine;
  if (ops) {
    try {
      engine = make_engine(setup, plan, std::move(ops), std::move(images));
    } catch (...) {
      failure = std::current_exception();
    }
  }
  run_mpi_worker(mpi, engine ? engine->capacity() : WorkerCapacity{}, [&](Channel& channel) {
    if (!engine) std::rethrow_exception(failure);
    serve(channel, *engine);
  });
}

void dismiss_workers(MpiSession& mpi) {
  std::string nothing;
  broadcast_bytes(mpi, nothing);
}

}  // namespace lorasweep
