// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/session.h"

#include "data/core/error.h"
#include "pipeline/run/progress.h"
#include "scheduler/local_transport.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/mpi_transport.h"
#include "scheduler/mpi/mpi_worker.h"
#include "scheduler/mpi/shared_window.h"
#include "workers/device/make_ops.h"
#include "workers/engine/serve.h"

#include <sched.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

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

}  // namespace

LoopEnd run_in_this_process(Sweep& sweep, const StopRequested& stop) {
  const WorkerSetup setup = worker_setup(sweep);
  const ImageSizes sizes = image_sizes(setup);
  const std::unique_ptr<Ops> host = make_ops({});
  const std::shared_ptr<std::byte> model = host->allocate(sizes.model), library = host->allocate(sizes.library);
  write_images(setup, sweep.inputs(), model.get(), library.get());
  const auto catalogue = std::make_shared<const Catalogue>(setup.catalogue);

  const int workers = sweep.config().run.workers > 0 ? sweep.config().run.workers : std::max(available_cores() / setup.threads, 1);
  sweep.begin_session(workers);
  spdlog::info("{} workers in this process, {} threads each", workers, setup.threads);
  LocalTransport transport(workers, worker_capacity(), [&](Channel& channel, WorkerId) {
    const std::unique_ptr<Engine> engine = make_engine(setup, model, library, catalogue);
    serve(channel, *engine);
  });
  return dispatch(transport, sweep, stop);
}

LoopEnd run_as_scheduler(MpiSession& mpi, Sweep& sweep, const StopRequested& stop) {
  const WorkerSetup setup = worker_setup(sweep);
  std::string bytes = encode(setup);
  broadcast_bytes(mpi, bytes);
  const ImageSizes sizes = image_sizes(setup);
  SharedWindow model(mpi, sizes.model), library(mpi, sizes.library);
  bool read = true;
  try {
    write_images(setup, sweep.inputs(), model.data().data(), library.data().data());
  } catch (...) {
    read = false;
    agree(mpi, read);
    throw;
  }
  agree(mpi, read);
  model.publish();
  library.publish();
  sweep.begin_session(mpi.size() - 1);
  spdlog::info("{} workers over MPI", mpi.size() - 1);
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
  const WorkerSetup setup = decode_worker_setup(bytes);
  const ImageSizes sizes = image_sizes(setup);
  SharedWindow model(mpi, sizes.model), library(mpi, sizes.library);
  if (!agree(mpi, true)) return;  // rank 0 could not read the weights, and says so
  model.publish();
  library.publish();
  // The windows outlive the engine: this function returns after the last order.
  const auto borrowed = [](SharedWindow& window) { return std::shared_ptr<const std::byte>(window.data().data(), [](const std::byte*) {}); };
  const auto catalogue = std::make_shared<const Catalogue>(setup.catalogue);
  run_mpi_worker(mpi, worker_capacity(), [&](Channel& channel) {
    const std::unique_ptr<Engine> engine = make_engine(setup, borrowed(model), borrowed(library), catalogue);
    serve(channel, *engine);
  });
}

void dismiss_workers(MpiSession& mpi) {
  std::string nothing;
  broadcast_bytes(mpi, nothing);
}

}  // namespace lorasweep
