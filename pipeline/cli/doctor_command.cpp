// SPDX-License-Identifier: Apache-2.0
// lorasweep doctor: what is here, and what a sweep would use of it.
#include "data/core/error.h"
#include "data/model/model_config.h"
#include "data/results/hdf5_file.h"
#include "pipeline/cli/command.h"
#include "pipeline/run/session.h"
#include "scheduler/mpi/mpi_session.h"
#include "workers/device/device_broadcast.h"
#include "workers/device/make_ops.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <iostream>
#include <string>

namespace lorasweep {
namespace {

void say(const std::string& what, const std::string& value) { std::cout << fmt::format("{:<16} {}\n", what, value); }

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

ExitCode examine() {
  say("lorasweep", LORASWEEP_VERSION " (" LORASWEEP_BUILD ")");
  say("memory", memory());
  for (const auto& [what, value] : device_facts()) say(what, value);
  say("NCCL", nccl_version().empty() ? "not in this build" : nccl_version());
  say("MPI", mpi_version());
  say("launched by", MpiSession::launched() ? "an MPI launcher: every rank prints this"
                                            : "no MPI launcher: a sweep runs in one process");
  say("HDF5", hdf5_version());
  say("models", fmt::format("{}", fmt::join(model_types(), ", ")));
  say("a sweep takes", verdict());
  return ExitCode::ok;
}

}  // namespace

void add_doctor_command(CLI::App& app, Choice& choice) {
  CLI::App* command = app.add_subcommand("doctor", "Say what this machine has, and what a sweep would use");
  command->footer("On a cluster: srun --nodes 1 --gpus-per-node 8 lorasweep doctor");
  command->callback([&choice] { choice.action = [] { return examine(); }; });
}

}  // namespace lorasweep
