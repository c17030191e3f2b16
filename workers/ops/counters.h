// SPDX-License-Identifier: Apache-2.0
// What a device's ops have done so far, on devices that count it.
#pragma once

#include <cstdint>

namespace lorasweep {

struct OpsCounters {
  std::uint64_t launches = 0;           ///< kernels and library products that the host started one by one
  std::uint64_t plain_runs = 0;         ///< of repeat(): bodies that ran without a record
  std::uint64_t records = 0;            ///< bodies that were recorded
  std::uint64_t replays = 0;            ///< of records, the first time included
  std::uint64_t replayed_launches = 0;  ///< kernels and library products in those replays
  std::uint64_t refused_records = 0;    ///< keys that the device would not record: they run plainly from then on
  std::uint64_t refused_products = 0;   ///< maps that the library refused after it had accepted them
};

}  // namespace lorasweep
