// SPDX-License-Identifier: Apache-2.0
// The end of the job, in two letters: each worker says how it leaves, then rank 0 says how all leave.
#pragma once

#include <string>

namespace lorasweep {

enum class Ending : char {
  together = 'T',  ///< everybody comes to MPI_Finalize
  alone = 'A',     ///< somebody does not: nobody may wait for all
};

struct Parting {
  Ending ending = Ending::alone;
  std::string reason;  ///< why a worker leaves; empty: it was told to
};

std::string encode_parting(const Parting& parting);
Parting decode_parting(const std::string& bytes);

}  // namespace lorasweep
