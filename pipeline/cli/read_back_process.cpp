// SPDX-License-Identifier: Apache-2.0
// Asks the command of read_back_command.cpp.
#include "pipeline/cli/read_back_process.h"

#include "data/core/error.h"
#include "data/results/results_writer.h"
#include "data/results/written_content.h"
#include "pipeline/cli/own_process.h"
#include "pipeline/cli/own_program.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <new>
#include <optional>

namespace lorasweep {
namespace {

[[noreturn]] void fail_by_signal(const std::filesystem::path& file, int signal) {
  if (!is_crash(signal)) throw ended_from_outside(file, signal);
  require_readable(file);
  throw StorageError(file.string(),
                     fmt::format("the library that reads it ended with signal {} ({})", signal, strsignal(signal)));
}

[[noreturn]] void fail_by_code(const std::filesystem::path& file, int code, const std::string& answer) {
  const std::size_t end = answer.find('\0');
  const std::string where = end == std::string::npos ? file.string() : answer.substr(0, end);
  const std::string problem = end == std::string::npos
                                  ? fmt::format("the process that reads it ended with code {}", code)
                                  : answer.substr(end + 1);
  if (code != static_cast<int>(ExitCode::internal)) throw StorageError(where, problem);
  if (answer.empty()) throw std::bad_alloc();  // it has said so
  throw InternalError(problem, where);
}

}  // namespace

std::string read_back_by(const std::filesystem::path& program, const std::filesystem::path& file,
                         const WrittenContent& written) {
  const std::optional<ProgramAnswer> answer = ask_program(program, read_back_word, file, written.bytes());
  if (!answer) return read_back_here(file, written);
  if (answer->signal != 0) fail_by_signal(file, answer->signal);
  if (answer->code != 0) fail_by_code(file, answer->code, answer->text);
  return answer->text;
}

std::string read_back_in_own_process(const std::filesystem::path& file, const WrittenContent& written) {
  return read_back_by(this_program, file, written);
}

}  // namespace lorasweep
