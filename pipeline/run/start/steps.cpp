// SPDX-License-Identifier: Apache-2.0
// The two halves of each step stand one below the other: their collective calls must match.
#include "pipeline/run/start/steps.h"

#include "pipeline/run/start/setup_codec.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/node_place.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace lorasweep {
namespace {

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "this node";
}

std::string text_of(const std::exception_ptr& failure) {
  if (!failure) return "";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "unknown";
  }
}

}  // namespace

void OfferDevices::run(SchedulerSide& rank_0) {
  place_on_node(rank_0.mpi);
  for (const std::string& offer : gather_bytes(rank_0.mpi, ""))
    if (!offer.empty()) rank_0.offers.push_back(decode_device_offer(offer));  // rank 0 makes none
}
void OfferDevices::run(WorkerSide& worker) {
  worker.worker = place_on_node(worker.mpi).worker;
  const std::string where = "rank " + std::to_string(worker.mpi.rank()) + " on " + host_name();
  gather_bytes(worker.mpi, encode(device_offer(where, worker.worker)));
}

void SendSetup::prepare(SchedulerSide& rank_0) {
  rank_0.setup = worker_setup(*rank_0.sweep);
  const ChosenDevice& device = rank_0.setup.device;
  // NCCL takes one member a device.
  if (device.kind == DeviceKind::cuda && device.sharers == 1) rank_0.setup.broadcast = new_broadcast_ticket();
  rank_0.plan = engine_plan(rank_0.setup);
}
void SendSetup::run(SchedulerSide& rank_0) {
  std::string bytes = encode(rank_0.setup);
  broadcast_bytes(rank_0.mpi, bytes);
}
void SendSetup::run(WorkerSide& worker) {
  std::string bytes;
  broadcast_bytes(worker.mpi, bytes);
  worker.setup = decode_worker_setup(bytes);
  worker.plan = engine_plan(worker.setup);
}

void OpenDevices::run(SchedulerSide& rank_0) {
  const ImageSizes sizes = image_sizes(*rank_0.plan);
  const bool by_devices = !rank_0.setup.broadcast.empty() && all_ready(rank_0.mpi, "");
  rank_0.images = by_devices ? send_to_devices(rank_0.mpi, sizes) : send_through_windows(rank_0.mpi, sizes);
}
void OpenDevices::run(WorkerSide& worker) {
  MpiSession& mpi = worker.mpi;
  const WorkerSetup& setup = worker.setup;
  const ImageSizes sizes = image_sizes(*worker.plan);
  std::unique_ptr<DeviceBroadcast> broadcast;
  try {
    worker.ops = make_worker_ops(setup, worker.worker);
    if (!setup.broadcast.empty())
      broadcast = join_broadcast(setup.broadcast, mpi.rank() - 1, mpi.size() - 1,
                                 {.kind = setup.device.kind, .index = device_index(worker.worker)});
  } catch (...) {
    worker.failure = std::current_exception();
  }
  if (!setup.broadcast.empty() && all_ready(mpi, text_of(worker.failure))) {
    worker.receiver = receive_on_device(mpi, sizes, *worker.ops, std::move(broadcast));
  } else {
    broadcast.reset();
    worker.receiver = receive_through_windows(mpi, sizes);
  }
}

void DeliverImages::prepare(SchedulerSide& rank_0) {
  write_images(rank_0.setup, *rank_0.plan, rank_0.sweep->inputs(), rank_0.images->model().data(),
               rank_0.images->library().data());
}
void DeliverImages::run(SchedulerSide& rank_0) { rank_0.images->send(); }
void DeliverImages::run(WorkerSide& worker) { worker.images = worker.receiver->receive(); }

void MakeReady::run(SchedulerSide& rank_0) {
  const int workers = rank_0.mpi.size() - 1;
  rank_0.sweep->begin_session(workers);
  spdlog::info("{} workers over MPI, on {}; model and adapters went by {}", workers, rank_0.setup.device.signature,
               rank_0.images->way());
}
void MakeReady::run(WorkerSide& worker) {
  if (!worker.ops) return;
  try {
    worker.engine = make_engine(worker.setup, worker.plan, std::move(worker.ops), std::move(worker.images));
  } catch (...) {
    worker.failure = std::current_exception();
  }
}

}  // namespace lorasweep
