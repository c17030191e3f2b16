// SPDX-License-Identifier: Apache-2.0
// Identifies the running executable by its digest, and compares those of all ranks.
#include "pipeline/run/program_identity.h"

#include "data/core/digest.h"
#include "data/core/error.h"
#include "pipeline/manifest/numerics.h"

#include <fmt/format.h>

#include <algorithm>

namespace lorasweep {
namespace {

// Of the running file, even if another file has its name by now.
std::string digest_of_executable() {
  try {
    return sha256_file("/proc/self/exe").substr(0, 16);
  } catch (const Error& error) {
    return fmt::format("unknown ({})", error.problem());
  }
}

}  // namespace

const std::string& identity_of_this_program() {
  static const std::string identity = fmt::format(
      "lorasweep {}, numerics {}, executable {}", LORASWEEP_VERSION,
      std::max(numerics_revision(Composition::lorahub), numerics_revision(Composition::exact)), digest_of_executable());
  return identity;
}

std::string as_text(const RankProgram& program) { return program.identity + "\n" + program.where; }

RankProgram rank_program(std::string_view text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  return {std::string(text.substr(0, end)), std::string(text.substr(std::min(end + 1, text.size())))};
}

void require_one_program(std::span<const RankProgram> ranks) {
  const auto differs = [&](const RankProgram& rank) { return rank.identity != ranks.front().identity; };
  const auto other = std::ranges::find_if(ranks, differs);
  if (other == ranks.end()) return;
  const auto more = std::ranges::count_if(ranks, differs) - 1;
  throw ConfigError(other->where,
                    fmt::format("runs {}{}, but {} runs {}", other->identity,
                                more > 0 ? fmt::format(" ({} more ranks differ, too)", more) : std::string(),
                                ranks.front().where, ranks.front().identity),
                    "start the same executable on every node");
}

}  // namespace lorasweep
