// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/submission_json.h"

#include "pipeline/cli/json_text.h"
#include "pipeline/cli/prediction_json.h"

#include <sstream>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

Json as_json(const JobToTell& job) {
  return {{"kind", job.kind},
          {"job", job.id ? Json(*job.id) : Json(nullptr)},
          {"script", job.script.string()},
          {"options", sbatch_options(job.text)},
          {"command", job.command},
          {"text", job.text}};
}

}  // namespace

std::vector<std::string> sbatch_options(std::string_view script) {
  constexpr std::string_view directive = "#SBATCH ";
  std::vector<std::string> options;
  std::istringstream lines{std::string(script)};
  for (std::string line; std::getline(lines, line) && (line.empty() || line.front() == '#');) {
    if (!line.starts_with(directive)) continue;
    line.erase(0, directive.size());
    std::erase(line, '"');
    options.push_back(line);
  }
  return options;
}

std::string submission_json(const SubmissionToTell& submission) {
  Json jobs = Json::array();
  for (const JobToTell& job : submission.jobs) jobs.push_back(as_json(job));
  return json_text({{"schema", "lorasweep.submit/1"},
                    {"dry_run", submission.dry_run},
                    {"warnings", submission.warnings},
                    {"run", submission.run.string()},
                    {"config", {{"path", submission.config.string()}, {"text", submission.config_text}}},
                    {"jobs", jobs},
                    {"prediction", submission.prediction ? as_json(*submission.prediction) : Json(nullptr)}});
}

}  // namespace lorasweep
