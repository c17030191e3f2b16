// SPDX-License-Identifier: Apache-2.0
// Reads and appends the lines of jobs.jsonl.
#include "pipeline/submit/job_ledger.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"
#include "pipeline/manifest/run_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace lorasweep {
namespace {

bool is_job_id(const std::string& text) {
  return !text.empty() && text.size() < 20 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

SubmittedJob job_of(const std::string& line, const std::string& where) {
  const auto json = parse_json(line, where);
  const auto text = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
  };
  SubmittedJob job{.id = text("job"), .kind = text("kind")};
  if (!is_job_id(job.id)) throw InputError(where, "is not a job of SLURM", "delete the line");
  return job;
}

}  // namespace

std::vector<SubmittedJob> read_job_ledger(const std::filesystem::path& run) {
  const std::filesystem::path file = job_ledger_path(run);
  std::vector<SubmittedJob> jobs;
  if (!std::filesystem::exists(file)) return jobs;
  std::istringstream lines(read_file(file, 16u << 20));
  int number = 0;
  for (std::string line; std::getline(lines, line);)
    jobs.push_back(job_of(line, fmt::format("{}:{}", file.string(), ++number)));
  return jobs;
}

void append_to_job_ledger(const std::filesystem::path& run, const SubmittedJob& job) {
  const std::filesystem::path file = job_ledger_path(run);
  if (!is_job_id(job.id)) throw InternalError("\"" + job.id + "\" is not a job of SLURM");
  std::ofstream out(file, std::ios::app);
  out << nlohmann::ordered_json{{"job", job.id}, {"kind", job.kind}, {"submitted_utc", utc_now()}}.dump() << "\n"
      << std::flush;
  if (!out)
    throw StorageError(file.string(), "job " + job.id + " could not be noted",
                       "scancel " + job.id + ", or note it yourself");
}

}  // namespace lorasweep
