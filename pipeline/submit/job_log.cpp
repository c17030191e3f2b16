// SPDX-License-Identifier: Apache-2.0
// Finds the newest log of a job by its name, and reads its last line.
#include "pipeline/submit/job_log.h"

#include "data/core/error.h"
#include "data/core/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

namespace lorasweep {
namespace {

constexpr std::size_t end_to_look_at = 64u << 10, longest_line = 400;

std::string end_of(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  const std::uint64_t size = file.size(), count = std::min<std::uint64_t>(size, end_to_look_at);
  std::string text(count, '\0');
  file.read(size - count, std::as_writable_bytes(std::span(text)));
  return text;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string last_line_of(std::string_view text) {
  while (!text.empty() && (is_control(text.back()) || text.back() == ' ')) text.remove_suffix(1);
  std::string line(text.substr(text.find_last_of("\r\n") + 1));  // npos + 1 is 0
  std::erase_if(line, is_control);
  if (line.size() > longest_line) line.replace(longest_line, std::string::npos, " ...");
  return line;
}

// Of the names of logs; a job's number follows, for a task as "12_3", and ".out".
std::string beginning(const std::filesystem::path& run, const std::string& kind) {
  const std::filesystem::path place = std::filesystem::absolute(run / ".").lexically_normal().parent_path();
  return fmt::format("lorasweep-{}-{}-", place.filename().string(), kind);
}

}  // namespace

std::optional<JobLog> log_at(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return std::nullopt;
  try {
    return JobLog{.file = file, .last_line = last_line_of(end_of(file))};
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::set<int> logged_tasks(const std::filesystem::path& run) {
  const std::string begin = beginning(run, "part");
  std::set<int> tasks;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(run, error)) {
    const std::string name = entry.path().filename().string();
    const std::size_t number = name.rfind('_') + 1;
    int task = 0;
    if (!name.starts_with(begin) || number == 0) continue;
    const auto [end, failed] = std::from_chars(name.data() + number, name.data() + name.size(), task);
    if (failed == std::errc() && std::string_view(end) == ".out" && task > 0) tasks.insert(task);
  }
  return tasks;
}

std::optional<JobLog> last_log(const std::filesystem::path& run, const std::string& kind, int task) {
  const std::string begin = beginning(run, kind), end = task > 0 ? fmt::format("_{}.out", task) : ".out";
  std::filesystem::path newest;
  std::filesystem::file_time_type newest_time;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(run, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(end) || !entry.is_regular_file(error)) continue;
    const auto time = entry.last_write_time(error);
    if (error || (!newest.empty() && time <= newest_time)) continue;
    newest = entry.path();
    newest_time = time;
  }
  if (newest.empty()) return std::nullopt;
  return JobLog{.file = newest, .last_line = last_line_of(end_of(newest))};
}

}  // namespace lorasweep
