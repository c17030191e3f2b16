// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/log_place.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

namespace lorasweep {
namespace {

constexpr std::array<std::string_view, 5> launchers = {"mpirun", "mpiexec", "orterun", "prterun", "prte"};

std::string file_behind(const std::string& process) {
  const std::filesystem::path stream = "/proc/" + process + "/fd/2";
  std::error_code error;
  if (!std::filesystem::is_regular_file(stream, error)) return "";
  std::string path = std::filesystem::read_symlink(stream, error).string();
  return error || path.ends_with(" (deleted)") ? "" : path;
}

bool is_launcher(const std::string& process) {
  std::string name;
  std::getline(std::ifstream("/proc/" + process + "/comm"), name);
  return std::ranges::count(launchers, name) > 0;
}

}  // namespace

std::string log_file_of_this_process() {
  if (std::string own = file_behind("self"); !own.empty()) return own;
  const std::string parent = std::to_string(::getppid());
  return is_launcher(parent) ? file_behind(parent) : "";
}

}  // namespace lorasweep
