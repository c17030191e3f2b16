// SPDX-License-Identifier: Apache-2.0
// Which environment variables a job may inherit from the shell that submits it. That shell may itself be a job, a step
// of one, or a process of an mpirun; sbatch and srun read variables as options, which win over the lines of a
// script.
#pragma once

#include "pipeline/config/config.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// Names, or beginnings of names: "SLURM_*". Job scripts have the same lists (slurm/environment.sh.in).
using VariablePatterns = std::vector<std::string>;

/// What mpirun tells its processes in variables that look like settings.
const VariablePatterns& settings_of_mpirun();
/// Where the cluster is, who pays and where a job may run, and Open MPI's settings: the user's, though they look like a
/// job's. Without those whose option `slurm` gives.
VariablePatterns kept_variables(const SlurmConfig& slurm);
/// Of MPI launchers and PMI servers; of SLURM's jobs and sbatch; what narrows the answers of squeue and scancel.
const VariablePatterns& variables_of_launchers();
const VariablePatterns& variables_of_slurm();
const VariablePatterns& variables_of_queries();

/// One alternative of a shell's `case`: "A | B_*".
std::string case_pattern(const VariablePatterns& patterns);

/// The "NAME=value" of `environment` that SLURM's programs may see, in their order.
std::vector<std::string> without_other_jobs(std::span<const std::string> environment, const SlurmConfig& slurm);
/// The same, of this process's environment.
std::vector<std::string> environment_for_slurm(const SlurmConfig& slurm);

}  // namespace lorasweep
