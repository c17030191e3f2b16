// SPDX-License-Identifier: Apache-2.0
// lorasweep doctor: what is here, and what a sweep would use of it.
#include "data/core/error.h"
#include "data/model/model_config.h"
#include "data/results/hdf5_file.h"
#include "pipeline/cli/command.h"
#include "pipeline/cli/json_text.h"
#include "pipeline/run/session.h"
#include "scheduler/mpi/mpi_session.h"
#include "workers/device/device_broadcast.h"
#include "workers/device/make_ops.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string memory() {
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  for (double kibibytes = 0; file >> name >> kibibytes >> unit;)
    if (name == "MemAvailable:") return fmt::format("{:.1f} GiB available", kibibytes / (1 << 20));
  return "unknown";
}

std::string verdict() {
  try {
    const ChosenDevice device = choose_device_of_this_process(DeviceRequest::automatic);
    const int workers = default_workers(device.kind, 1);
    return fmt::format("{} {} here, each with {}", workers, workers == 1 ? "worker" : "workers",
                       device.kind == DeviceKind::cuda ? "a GPU" : "a core");
  } catch (const Error& error) {
    return error.what();
  }
}

Facts facts() {
  Facts all = {{"lorasweep", LORASWEEP_VERSION " (" LORASWEEP_BUILD ")"}, {"memory", memory()}};
  for (const auto& [what, value] : device_facts()) all.emplace_back(what, value);
  all.emplace_back("NCCL", nccl_version().empty() ? "not in this build" : nccl_version());
  all.emplace_back("MPI", mpi_version().c_str());  // Open MPI counts the zero behind its text, too
  all.emplace_back("launched by", MpiSession::launched() ? "an MPI launcher: every rank prints this"
                                                         : "no MPI launcher: a sweep runs in one process");
  all.emplace_back("HDF5", hdf5_version());
  all.emplace_back("models", fmt::format("{}", fmt::join(model_types(), ", ")));
  all.emplace_back("a sweep takes", verdict());
  return all;
}

ExitCode examine(bool json) {
  if (!json) {
    for (const auto& [what, value] : facts()) std::cout << fmt::format("{:<16} {}\n", what, value);
    return ExitCode::ok;
  }
  nlohmann::ordered_json document = {{"schema", "lorasweep.doctor/1"}, {"facts", nlohmann::ordered_json::object()}};
  for (const auto& [what, value] : facts()) document["facts"][what] = value;
  std::cout << json_text(document);
  return ExitCode::ok;
}

}  // namespace

void add_doctor_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand("doctor", "Say what this machine has, and what a sweep would use");
  command->footer("On a cluster: srun --nodes 1 --gpus-per-node 8 lorasweep doctor");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON document (docs/json.md)");
  command->callback([json, &choice] { choice.action = [json] { return examine(*json); }; });
}

}  // namespace lorasweep
