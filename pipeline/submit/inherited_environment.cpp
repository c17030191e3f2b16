// SPDX-License-Identifier: Apache-2.0
// Sorts environment variables into those that a job may inherit and those that belong to another job.
#include "pipeline/submit/inherited_environment.h"

#include <algorithm>
#include <array>

extern char** environ;

namespace lorasweep {
namespace {

bool matches(std::string_view name, const VariablePatterns& patterns) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
  });
}

// sbatch reads the variable as if the option were given.
struct OptionVariable {
  const char *variable, *option;
};
constexpr std::array<OptionVariable, 8> user_options = {{{"SBATCH_ACCOUNT", "--account"},
                                                         {"SBATCH_CLUSTERS", "--clusters"},
                                                         {"SBATCH_CONSTRAINT", "--constraint"},
                                                         {"SBATCH_EXPORT", "--export"},
                                                         {"SBATCH_PARTITION", "--partition"},
                                                         {"SBATCH_QOS", "--qos"},
                                                         {"SBATCH_RESERVATION", "--reservation"},
                                                         {"SBATCH_WCKEY", "--wckey"}}};

bool says(const SlurmConfig& slurm, std::string_view option) {
  if (option == "--partition") return !slurm.partition.empty();
  return std::ranges::any_of(slurm.extra, [&](std::string_view extra) {
    return extra.substr(0, std::min(extra.find('='), extra.size())) == option;
  });
}

// SLURM sets these in a job with GPUs; where it does not, the user may have set them on purpose.
constexpr std::array<std::string_view, 2> gpus = {"CUDA_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"};
constexpr std::array<std::string_view, 2> signs_of_gpus = {"SLURM_JOB_GPUS", "SLURM_STEP_GPUS"};

std::string_view name_of_variable(std::string_view variable) {
  return variable.substr(0, std::min(variable.find('='), variable.size()));
}

}  // namespace

const VariablePatterns& settings_of_mpirun() {
  static const VariablePatterns patterns = {"OMPI_MCA_ess",
                                            "OMPI_MCA_ess_base_*",
                                            "OMPI_MCA_initial_wdir",
                                            "OMPI_MCA_orte_app_num",
                                            "OMPI_MCA_orte_bound_at_launch",
                                            "OMPI_MCA_orte_ess_*",
                                            "OMPI_MCA_orte_hnp_uri",
                                            "OMPI_MCA_orte_jobfam_session_dir",
                                            "OMPI_MCA_orte_launch",
                                            "OMPI_MCA_orte_local_daemon_uri",
                                            "OMPI_MCA_orte_num_nodes",
                                            "OMPI_MCA_orte_precondition_transports",
                                            "OMPI_MCA_orte_top_session_dir",
                                            "OMPI_MCA_pmix",
                                            "OMPI_MCA_shmem_RUNTIME_QUERY_hint"};
  return patterns;
}

VariablePatterns kept_variables(const SlurmConfig& slurm) {
  VariablePatterns kept = {"OMPI_ALLOW_RUN_AS_ROOT*", "OMPI_MCA_*", "PMIX_MCA_*", "PRTE_MCA_*",
                           "SLURM_CLUSTERS",          "SLURM_CONF", "SLURM_JWT"};
  for (const auto& [variable, option] : user_options)
    if (!says(slurm, option)) kept.emplace_back(variable);
  return kept;
}

const VariablePatterns& variables_of_launchers() {
  static const VariablePatterns patterns = {"OMPI_*", "PMI_*", "PMI2_*", "PMIX_*", "PRTE_*"};
  return patterns;
}

const VariablePatterns& variables_of_slurm() {
  static const VariablePatterns patterns = {"SBATCH_*", "SLURM_*", "SLURMD_*", "SRUN_*"};
  return patterns;
}

const VariablePatterns& variables_of_queries() {
  static const VariablePatterns patterns = {"SCANCEL_*", "SQUEUE_*"};
  return patterns;
}

std::string case_pattern(const VariablePatterns& patterns) {
  std::string text;
  for (const std::string& pattern : patterns) text += (text.empty() ? "" : " | ") + pattern;
  return text;
}

std::vector<std::string> without_other_jobs(std::span<const std::string> environment, const SlurmConfig& slurm) {
  const VariablePatterns kept = kept_variables(slurm);
  const bool slurm_set_gpus = std::ranges::any_of(environment, [](std::string_view variable) {
    return std::ranges::find(signs_of_gpus, name_of_variable(variable)) != signs_of_gpus.end();
  });
  const auto is_of_another_job = [&](std::string_view name) {
    if (matches(name, settings_of_mpirun())) return true;
    if (matches(name, kept)) return false;
    if (slurm_set_gpus && std::ranges::find(gpus, name) != gpus.end()) return true;
    return matches(name, variables_of_launchers()) || matches(name, variables_of_slurm()) ||
           matches(name, variables_of_queries());
  };
  std::vector<std::string> rest;
  for (const std::string& variable : environment)
    if (!is_of_another_job(name_of_variable(variable))) rest.push_back(variable);
  return rest;
}

std::vector<std::string> environment_for_slurm(const SlurmConfig& slurm) {
  std::vector<std::string> all;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) all.emplace_back(*variable);
  return without_other_jobs(all, slurm);
}

}  // namespace lorasweep
