// SPDX-License-Identifier: Apache-2.0
// Which program a rank runs. Another build may pack, draw or compute otherwise without saying so.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

/// One rank's program, and where it runs.
struct RankProgram {
  std::string identity;
  std::string where;  ///< "rank 3 on n2"
  bool operator==(const RankProgram&) const = default;
};

/// "lorasweep 0.1.0, numerics 2, executable 3f2a91bc04d15e77": the same on two ranks if their executables have the same
/// bytes, from whatever path.
const std::string& identity_of_this_program();

/// Text that programs of every version can read, since it shows that they are of different versions. Reading
/// never fails: text that it does not understand is another identity.
std::string as_text(const RankProgram& program);
RankProgram rank_program(std::string_view text);

/// `ranks`: by rank, 0 first. ConfigError naming the first rank whose program is not rank 0's, both programs, and how
/// many more there are.
void require_one_program(std::span<const RankProgram> ranks);

}  // namespace lorasweep
