// SPDX-License-Identifier: Apache-2.0
// The two halves of each step stand one below the other: their collective calls must match.
#include "pipeline/run/start/steps.h"

#include "data/core/counted.h"
#include "data/core/error.h"
#include "pipeline/manifest/run_directory.h"
#include "pipeline/run/cores.h"
#include "pipeline/run/host_name.h"
#include "pipeline/run/start/setup_codec.h"
#include "scheduler/message.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/node_place.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

namespace lorasweep {
namespace {

std::string place_of(const MpiSession& mpi) { return "rank " + std::to_string(mpi.rank()) + " on " + host_name(); }

std::string own_program(const MpiSession& mpi) {
  return as_text({.identity = identity_of_this_program(), .where = place_of(mpi)});
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

// With GPUs the threads have very little to do.
void warn_of_crowded_cores(const SchedulerSide& rank_0) {
  if (rank_0.setup.device.kind != DeviceKind::cpu) return;
  std::vector<RankCores> ranks;
  for (const DeviceOffer& offer : rank_0.offers)
    ranks.push_back({.host = offer.host,
                     .rank = static_cast<int>(ranks.size()) + 1,
                     .threads = rank_0.setup.threads,
                     .cores = offer.cores,
                     .times = offer.times});
  for (const std::string& text : {crowded_ranks_text(ranks), scarce_time_text(ranks)})
    if (!text.empty()) spdlog::warn("{}", text);
}

}  // namespace

void ComparePrograms::run(SchedulerSide& rank_0) {
  for (const std::string& program : gather_bytes(rank_0.mpi, own_program(rank_0.mpi)))
    rank_0.programs.push_back(rank_program(program));
}
void ComparePrograms::run(WorkerSide& worker) { gather_bytes(worker.mpi, own_program(worker.mpi)); }

void OfferDevices::prepare(SchedulerSide& rank_0) { require_one_program(rank_0.programs); }
void OfferDevices::run(SchedulerSide& rank_0) {
  place_on_node(rank_0.mpi);
  rank_0.packer.where = place_of(rank_0.mpi);
  rank_0.packer.cpu = device_signature();
  for (const std::string& offer : gather_bytes(rank_0.mpi, ""))
    if (!offer.empty()) rank_0.offers.push_back(decode_device_offer(offer));  // rank 0 makes none
}
void OfferDevices::run(WorkerSide& worker) {
  worker.worker = place_on_node(worker.mpi).worker;
  gather_bytes(worker.mpi, encode(device_offer(place_of(worker.mpi), worker.worker)));
}

void CompareCheckValues::run(SchedulerSide& rank_0) {
  std::string question = encode(rank_0.question);
  broadcast_bytes(rank_0.mpi, question);
  const std::string where = place_of(rank_0.mpi);
  const CheckValues own = rank_0.question.kind == DeviceKind::cpu ? check_values(where, rank_0.question, 0)
                                                                  : check_values_of_packer(where, rank_0.question);
  for (const std::string& values : gather_bytes(rank_0.mpi, encode(own)))
    rank_0.check_values.push_back(decode_check_values(values));
}
void CompareCheckValues::run(WorkerSide& worker) {
  std::string bytes;
  broadcast_bytes(worker.mpi, bytes);
  const CheckQuestion question = decode_check_question(bytes);
  const CheckValues values =
      check_values(place_of(worker.mpi), question, question.kind == DeviceKind::cuda ? device_index(worker.worker) : 0);
  if (!values.problem.empty()) worker.failure = std::make_exception_ptr(DeviceLost(values.problem));
  gather_bytes(worker.mpi, encode(values));
}

void SendSetup::prepare(SchedulerSide& rank_0) {
  rank_0.setup = worker_setup(*rank_0.sweep);
  const ChosenDevice& device = rank_0.setup.device;
  // NCCL takes one member a device.
  if (device.kind == DeviceKind::cuda && device.sharers == 1) rank_0.setup.broadcast = new_broadcast_ticket();
  rank_0.plan = engine_plan(rank_0.setup);
  warn_of_crowded_cores(rank_0);
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
    if (worker.failure) std::rethrow_exception(worker.failure);  // nobody knows what it would compute
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
  write_images(rank_0.setup, *rank_0.plan, *rank_0.sweep, rank_0.images->model().data(),
               rank_0.images->library().data());
}
void DeliverImages::run(SchedulerSide& rank_0) { rank_0.images->send(); }
void DeliverImages::run(WorkerSide& worker) { worker.images = worker.receiver->receive(); }

void MakeEngines::run(SchedulerSide&) {}
void MakeEngines::run(WorkerSide& worker) {
  if (!worker.ops) return;
  try {
    worker.engine = make_engine(worker.setup, worker.plan, std::move(worker.ops), std::move(worker.images));
  } catch (...) {
    worker.failure = std::current_exception();
  }
}

void RepeatEvaluations::run(SchedulerSide& rank_0) {
  const std::vector<RecordedEvaluation>& recorded = rank_0.sweep->recorded();
  std::string order = recorded.empty() ? "" : encode_message(repetition(recorded));
  broadcast_bytes(rank_0.mpi, order);
  if (order.empty()) return;
  const std::vector<std::string> reports = gather_bytes(rank_0.mpi, "");
  for (std::size_t rank = 1; rank < reports.size(); ++rank)
    rank_0.repeated.push_back({rank_0.offers[rank - 1].where, std::get<Report>(decode_message(reports[rank]))});
}
void RepeatEvaluations::run(WorkerSide& worker) {
  std::string order;
  broadcast_bytes(worker.mpi, order);
  if (order.empty()) return;
  Report report{.unit = 0, .attempt = 0, .seconds = 0, .outcome = WorkFailure{"there is no engine"}};
  if (worker.engine) {
    report = repeat_one(*worker.engine, std::get<Order>(decode_message(order)), worker.mpi.rank() - 1);
    if (const auto* failure = std::get_if<WorkFailure>(&report.outcome)) {
      worker.engine.reset();  // nobody knows what it would compute
      worker.failure = std::make_exception_ptr(DeviceLost(failure->reason));
    }
  }
  gather_bytes(worker.mpi, encode_message(report));
}

void MakeReady::prepare(SchedulerSide& rank_0) {
  require_recorded_bits(rank_0.sweep->recorded(), rank_0.repeated, journal_path(rank_0.sweep->directory()).string());
}
void MakeReady::run(SchedulerSide& rank_0) {
  const int workers = rank_0.mpi.size() - 1;
  rank_0.sweep->begin_session(workers);
  spdlog::info("{} over MPI, {} each, on {}; model and adapters went by {}", counted(workers, "worker"),
               counted(rank_0.setup.threads, "thread"), rank_0.setup.device.signature, rank_0.images->way());
}
void MakeReady::run(WorkerSide&) {}

}  // namespace lorasweep
