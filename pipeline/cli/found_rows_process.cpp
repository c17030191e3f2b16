// SPDX-License-Identifier: Apache-2.0
// Asks the command of found_weights_command.cpp.
#include "pipeline/cli/found_rows_process.h"

#include "data/core/error.h"
#include "pipeline/cli/own_process.h"
#include "pipeline/cli/own_program.h"
#include "pipeline/weights/found_rows.h"
#include "pipeline/weights/json_rows.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* remedy = "name a results file that lorasweep wrote, or write it again with `lorasweep collect`";

std::string next_part(std::string& text) {
  const std::size_t end = std::min(text.find('\0'), text.size());
  std::string part = text.substr(0, end);
  text.erase(0, end + 1);
  return part;
}

[[noreturn]] void fail(const std::filesystem::path& file, ProgramAnswer answer) {
  if (answer.signal != 0 && !is_crash(answer.signal)) throw ended_from_outside(file, answer.signal);
  if (answer.signal != 0) {
    require_readable(file);
    throw InputError(file.string(),
                     fmt::format("the library that reads it ended with signal {} ({}): the file is damaged",
                                 answer.signal, strsignal(answer.signal)),
                     remedy);
  }
  const std::string where = next_part(answer.text), problem = next_part(answer.text);
  if (problem.empty())
    throw InputError(file.string(), fmt::format("the process that reads it ended with code {}", answer.code), remedy);
  if (answer.code == static_cast<int>(ExitCode::storage)) throw StorageError(where, problem, answer.text);
  throw InputError(where, problem, answer.text);
}

}  // namespace

WeightRows found_rows_in_own_process(const std::filesystem::path& results) {
  std::optional<ProgramAnswer> answer = ask_program(this_program, found_weights_word, results, "");
  if (!answer) return found_rows(results);
  if (answer->signal != 0 || answer->code != 0) fail(results, std::move(*answer));
  WeightRows rows = parse_json_rows(answer->text, results.string());
  rows.source = WeightSource::found;
  return rows;
}

}  // namespace lorasweep
