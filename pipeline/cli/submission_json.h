// SPDX-License-Identifier: Apache-2.0
// A submission as one JSON document: `submit --json` (docs/json.md).
#pragma once

#include "pipeline/cli/prediction.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

struct JobToTell {
  std::string kind;               ///< as the job ledger has it: run, collect
  std::optional<std::string> id;  ///< nothing: it was not submitted
  std::filesystem::path script;
  std::string text;                  ///< of the script
  std::vector<std::string> command;  ///< that submits it
};

struct SubmissionToTell {
  bool dry_run = false;
  std::filesystem::path run, config;
  std::string config_text;
  std::vector<JobToTell> jobs;
  std::optional<Prediction> prediction;  ///< nothing: none was made
  std::vector<std::string> warnings;
};

std::string submission_json(const SubmissionToTell& submission);

/// What a job script asks sbatch for, an option a line, without the quotes around it: its #SBATCH lines, up to the
/// first that is no comment, as sbatch reads them. No value of ours has a quote in it (job_script.h).
std::vector<std::string> sbatch_options(std::string_view script);

}  // namespace lorasweep
