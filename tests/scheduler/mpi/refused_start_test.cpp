// SPDX-License-Identifier: Apache-2.0
// Rank 0 cannot start (bad input): an exception carries it out, the others leave quietly, MPI is finalized
// and mpirun content.
#include "data/core/error.h"
#include "scheduler/mpi/start_steps.h"

#include <cstdlib>
#include <iostream>

namespace lorasweep {
namespace {

struct Scheduler {};
struct Worker {};
struct ReadFiles {
  static constexpr std::string_view name = "files";
  static void prepare(Scheduler&) { throw InputError("tasks.json", "it is not JSON"); }
  static void run(Scheduler&) {}
  static void run(Worker&) {}
};
using Steps = StartSteps<Scheduler, Worker, ReadFiles>;

int start() {
  MpiSession session;
  if (session.scheduler()) {
    Scheduler side;
    StartLeader<Steps>(session, side).take_all();
  } else {
    Worker side;
    if (!follow_start<Steps>(session, side)) return EXIT_SUCCESS;
  }
  std::cerr << "nobody noticed\n";
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace lorasweep

int main() {
  try {
    return lorasweep::start();
  } catch (const lorasweep::InputError&) {
    return EXIT_SUCCESS;
  }
}
