// SPDX-License-Identifier: Apache-2.0
// Collects what workers could compute with, and chooses one kind of device for all.
#include "pipeline/run/device_choice.h"

#include "data/core/error.h"
#include "pipeline/run/cores.h"
#include "pipeline/run/host_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <map>
#include <utility>

namespace lorasweep {

int device_index(int worker) {
  const int count = device_count(DeviceKind::cuda);
  return count > 0 ? worker % count : 0;
}

DeviceOffer device_offer(std::string where, int worker) {
  DeviceOffer offer{.where = std::move(where),
                    .cpu = device_signature(),
                    .cuda = {},
                    .cuda_problem = {},
                    .cuda_devices = device_count(DeviceKind::cuda),
                    .cuda_identity = {},
                    .host = host_name(),
                    .cores = allowed_cores(),
                    .times = core_times()};
  const DeviceOptions device{.kind = DeviceKind::cuda, .index = device_index(worker)};
  try {
    offer.cuda_identity = device_identity(device);
    offer.cuda = device_signature(device);
  } catch (const std::exception& problem) {  // a device may be lost, full of somebody else's data, or too old
    offer.cuda_problem = problem.what();
  }
  return offer;
}

namespace {

int most_sharers(std::span<const DeviceOffer> offers) {
  std::map<std::string, int> workers_of;
  int most = 1;
  for (const DeviceOffer& offer : offers) most = std::max(most, ++workers_of[offer.cuda_identity]);
  return most;
}

void require_one_signature(std::span<const DeviceOffer> offers, std::string DeviceOffer::*signature,
                           const DeviceOffer& first) {
  const auto differs = [&](const DeviceOffer& offer) { return offer.*signature != first.*signature; };
  const auto other = std::ranges::find_if(offers, differs);
  if (other == offers.end()) return;
  const auto more = std::ranges::count_if(offers, differs) - 1;
  throw ConfigError(
      other->where,
      fmt::format("computes with {}{}, but {} has {}: results would depend on who computed them", (*other).*signature,
                  more > 0 ? fmt::format(" ({} more workers differ, too)", more) : "", first.where, first.*signature),
      "run the sweep on nodes of one kind, with the same libraries and the same environment "
      "(ONEDNN_MAX_CPU_ISA, DNNL_MAX_CPU_ISA, LORASWEEP_MAX_ISA)");
}

}  // namespace

ChosenDevice choose_device(DeviceRequest request, std::span<const DeviceOffer> offers, const DeviceOffer& packer) {
  if (offers.empty()) throw InternalError("there is no worker to choose a device for");
  const auto without = std::ranges::find_if(offers, [](const DeviceOffer& offer) { return offer.cuda.empty(); });
  if (request == DeviceRequest::cuda && without != offers.end())
    throw ConfigError("model.device",
                      fmt::format("is \"cuda\", but {} has no CUDA device: {}", without->where, without->cuda_problem),
                      "start workers only where GPUs are, or set model.device to \"auto\" or \"cpu\"");
  const bool cuda = request != DeviceRequest::cpu && without == offers.end();
  const std::string& first = cuda ? offers.front().cuda : packer.cpu;
  require_one_signature(offers, cuda ? &DeviceOffer::cuda : &DeviceOffer::cpu, cuda ? offers.front() : packer);
  ChosenDevice chosen{.kind = cuda ? DeviceKind::cuda : DeviceKind::cpu,
                      .signature = first,
                      .sharers = cuda ? most_sharers(offers) : 1,
                      .warning = {}};
  const bool seen = std::ranges::any_of(offers, [](const DeviceOffer& offer) { return offer.cuda_devices > 0; });
  if (request == DeviceRequest::automatic && !cuda && seen)
    chosen.warning =
        fmt::format("no GPU is used, because {} has none that it can use: {}", without->where, without->cuda_problem);
  return chosen;
}

}  // namespace lorasweep
