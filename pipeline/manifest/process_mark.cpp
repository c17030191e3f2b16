// SPDX-License-Identifier: Apache-2.0
// Reads what Linux says of processes.
#include "pipeline/manifest/process_mark.h"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

namespace lorasweep {
namespace {

std::string machine() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code unknown;
  return boot + " " + std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string();
}

struct Seen {
  char state;
  std::uint64_t born;
};

// "4711 (name, which may hold anything) S 1 ...": the state is the third field, the birth the twenty-second.
std::optional<Seen> look_at(std::int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::stringstream text;
  text << file.rdbuf();
  const std::string all = text.str();
  const std::size_t end_of_name = all.rfind(')');
  if (end_of_name == std::string::npos) return std::nullopt;
  std::istringstream fields(all.substr(end_of_name + 1));
  Seen seen{};
  fields >> seen.state;
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> seen.born;
  return fields ? std::optional(seen) : std::nullopt;
}

}  // namespace

ProcessMark this_process() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {'?'};
  const std::optional<Seen> self = look_at(::getpid());
  return {.host = host.data(), .pid = ::getpid(), .machine = machine(), .born = self ? self->born : 0};
}

ProcessState state_of(const ProcessMark& process) {
  if (process.machine != machine()) return ProcessState::elsewhere;
  const std::optional<Seen> seen = look_at(process.pid);
  if (!seen || seen->born != process.born || seen->state == 'Z' || seen->state == 'X') return ProcessState::gone;
  return seen->state == 'T' || seen->state == 't' ? ProcessState::suspended : ProcessState::alive;
}

}  // namespace lorasweep
