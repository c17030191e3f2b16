// SPDX-License-Identifier: Apache-2.0
// Counts the restarts in starts.jsonl by their causes.
#include "pipeline/submit/restart_history.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/json.h"

#include <algorithm>
#include <optional>
#include <sstream>

namespace lorasweep {
namespace {

constexpr std::size_t most_bytes = 16u << 20;

struct Start {
  std::string utc, cause;
  bool is_restart = false;
};

std::optional<Start> start_of(const std::string& line, const std::string& where) {
  try {
    const auto json = parse_json(line, where);
    if (!json.is_object()) return std::nullopt;
    const auto text = [&](const char* key) {
      return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
    };
    return Start{text("utc"), text("cause"), json.contains("restart") && json["restart"] != 0};
  } catch (const InputError&) {
    return std::nullopt;
  }
}

}  // namespace

RestartHistory restart_history(const std::filesystem::path& run) {
  const std::filesystem::path file = starts_path(run);
  RestartHistory history;
  if (!is_there(file)) return history;
  std::istringstream lines(read_file(file, most_bytes));
  for (std::string line; std::getline(lines, line);) {
    const auto start = start_of(line, file.string());
    if (!start) continue;
    if (!start->is_restart) {  // submitted by somebody
      history = {};
      continue;
    }
    ++history.restarts;
    history.last_cause = start->cause;
    history.last_utc = start->utc;
    const auto known = std::ranges::find(history.causes, start->cause, [](const auto& each) { return each.first; });
    if (known == history.causes.end())
      history.causes.emplace_back(start->cause, 1);
    else
      ++known->second;
  }
  return history;
}

}  // namespace lorasweep
