// SPDX-License-Identifier: Apache-2.0
// What launchers say in environment variables.
#include "scheduler/mpi/lone_task.h"

#include "data/core/error.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace lorasweep {
namespace {

long number_in(const char* variable) {
  const char* const value = std::getenv(variable);
  if (value == nullptr) return 0;
  const std::string_view text = value;
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

}  // namespace

std::optional<LaunchedTask> task_of_several() {
  if (std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr) return std::nullopt;
  // srun, with whatever plugin; the mpiexec of MPICH, Intel MPI and their kin, and srun --mpi=pmi2. SLURM_NTASKS is not
  // asked: it is the whole allocation's, and a batch script has it too.
  for (const char* variable : {"SLURM_STEP_NUM_TASKS", "PMI_SIZE"})
    if (const long tasks = number_in(variable); tasks > 1) return LaunchedTask{variable, tasks};
  return std::nullopt;
}

void refuse_lone_task(const LaunchedTask& task) {
  throw ConfigError(
      task.variable + "=" + std::to_string(task.tasks),
      "this process is one of " + std::to_string(task.tasks) +
          " that were started together, but it found none of the others: each would do the whole sweep",
      "start it with mpirun, or with srun --mpi=pmix and an Open MPI that has PMIx; for one process alone: srun -n 1");
}

}  // namespace lorasweep
