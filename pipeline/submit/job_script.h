// SPDX-License-Identifier: Apache-2.0
// The templates of slurm/, filled: what a sweep looks like to SLURM. Everything that goes in is checked or quoted.
#pragma once

#include "pipeline/config/config.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// `text` as one word of a shell.
std::string shell_quoted(std::string_view text);

/// "lorasweep-<run>-<part>", run: the directory's name. ConfigError if that holds anything but letters, digits, '_',
/// '-' and '.', or is too long.
std::string job_name(const std::filesystem::path& run, std::string_view part);

/// The program that submits.
struct Submitter {
  std::vector<std::string> command;  ///< what starts it, where slurm.command does not say it
  std::string version;               ///< what it answers to --version
  std::string digest;                ///< SHA-256 of its file
};

/// The script of the job, or of the array of jobs. `memory`: of a node, as sbatch --mem takes it; empty: nothing is
/// said. ConfigError for a run directory that a script cannot name, and for settings that contradict each other.
std::string run_script(const RunConfig& config, const Submitter& submitter, const std::string& memory);
/// The script of the job that collects the parts of an array.
std::string collect_script(const RunConfig& config, const Submitter& submitter);

/// Whether slurm.extra asks for memory itself.
bool extra_says_memory(const SlurmConfig& slurm);
/// Workers on every node of a job.
int workers_per_node(const SlurmConfig& slurm);

/// Where the scripts and the configuration they run lie.
inline std::filesystem::path run_script_path(const std::filesystem::path& run) { return run / "job.sh"; }
inline std::filesystem::path collect_script_path(const std::filesystem::path& run) { return run / "collect.sh"; }
inline std::filesystem::path frozen_config_path(const std::filesystem::path& run) { return run / "sweep.toml"; }
inline std::filesystem::path part_path(const std::filesystem::path& run, int part) {
  return run / ("part-" + std::to_string(part));
}

}  // namespace lorasweep
