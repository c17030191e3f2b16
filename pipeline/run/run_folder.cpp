// SPDX-License-Identifier: Apache-2.0
// Checks that results can be written, and removes what earlier processes left.
#include "pipeline/run/run_folder.h"

#include "data/core/error.h"
#include "pipeline/manifest/completion.h"
#include "pipeline/manifest/run_directory.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;

void require_replaceable(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::symlink_status(path, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_symlink(status))
    throw StorageError(path.string(), "is not a file, so the run cannot write its results there",
                       "move it away, or give the run another directory");
}

// "results.h5.4711.tmp" of `name` "results.h5": 4711
std::optional<pid_t> writer_of(const std::string& temporary, const std::string& name) {
  if (!temporary.starts_with(name + ".") || !temporary.ends_with(".tmp")) return std::nullopt;
  const char* const end = temporary.data() + temporary.size() - 4;
  pid_t writer = 0;
  const auto [stop, error] = std::from_chars(temporary.data() + name.size() + 1, end, writer);
  if (error != std::errc() || stop != end || writer <= 0) return std::nullopt;
  return writer;
}

// A process on another machine counts as ended: only the owner of the journal writes a run's results.
bool is_alive(pid_t process) { return process != getpid() && (::kill(process, 0) == 0 || errno == EPERM); }

void remove_leftovers(const fs::path& run) {
  std::error_code error;
  for (fs::directory_iterator entry(run, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    for (const fs::path& final : {results_path(run), completion_marker(run)})
      if (const auto writer = writer_of(name, final.filename().string()); writer && !is_alive(*writer)) {
        std::error_code kept;
        if (fs::remove(entry->path(), kept)) spdlog::info("removed {}, left by a process that was ended", name);
      }
  }
}

}  // namespace

void require_room_for_results(const fs::path& run) {
  if (::access(run.c_str(), W_OK | X_OK) != 0)
    throw StorageError(run.string(), "cannot be written: " + std::system_category().message(errno),
                       "check its permissions, or give the run another directory");
  require_replaceable(results_path(run));
  require_replaceable(completion_marker(run));
}

void take_over(const fs::path& run, std::string_view run_uuid, bool finished) {
  const fs::path marker = completion_marker(run);
  if (!finished || !completion_names(run, run_uuid)) {
    std::error_code error;
    if (fs::remove(marker, error))
      spdlog::warn("{}: removed, because it does not belong to what the journal holds", marker.string());
    if (error)
      throw StorageError(marker.string(), "is of another run and cannot be removed: " + error.message(),
                         "remove it, or give this run another directory");
  }
  remove_leftovers(run);
}

}  // namespace lorasweep
