// SPDX-License-Identifier: Apache-2.0
// How long who waits for whom. Every limit after which the scheduler or a worker counts on somebody no more stands
// here, and is handed down from here. (How long a unit may take is not among them: leases follow what was measured, see
// cost_model.h.)
#pragma once

#include <chrono>

namespace lorasweep {

/// A process counts only the time in which it could listen: nobody is silent because the one who listens was stopped,
/// or waited for a disk.
struct Waits {
  using Time = std::chrono::milliseconds;

  // --- between processes, from the first to the last moment of a job; scheduler/mpi/heartbeat.h ---------------------

  /// Between two signs of life, from every worker to rank 0 and from rank 0 to every worker. They come from a thread of
  /// their own.
  Time beat{1'000};
  /// Who is not heard for so long is lost. A lost worker's units go to others, until it is heard again; who has lost
  /// what it cannot do without ends: a worker without rank 0, rank 0 without any worker, everybody in the start.
  Time silent{7'000};
  /// The same for who said before that it enters a call of MPI that does not return before others come; such a call in
  /// which another rank was lost is left after this time, with the process.
  Time blocked{300'000};
  /// Rank 0 gives no sign of life any more when its main thread, while a sweep runs, has not looked at its letters for
  /// so long: it hangs, and its workers must not wait for it ...
  Time scheduling{60'000};
  /// ... other than to wait for its file system.
  Time saving{300'000};

  // --- while a sweep runs -------------------------------------------------------------------------------------------

  /// The sweep stops when workers were there, and none is left or heard, for so long.
  Time deserted{1'000};
  /// The sweep stops when no worker made any progress for so long beyond its leases, or none came at all.
  Time no_workers{120'000};

  // --- at the end, in the order in which they pass; scheduler/mpi/mpi_session.h draws it ----------------------------

  /// What a worker that is told to stop gets for the unit at hand.
  Time stop_grace{5'000};
  /// Rank 0 awaits no goodbye of a worker that it has not heard for so long.
  Time not_awaited{5'000};
  /// Rank 0 awaits nobody's goodbye for longer.
  Time goodbyes{10'000};
  /// Rank 0's farewell, a few bytes to ranks that wait for them, gets so long to be taken.
  Time farewell_taken{2'000};
  /// What the unit at hand gets in a worker that has lost rank 0: nobody will read its report.
  Time leaving{1'000};
};

/// Do these follow from each other as they must?
constexpr bool consistent(const Waits& waits) {
  return 5 * waits.beat <= waits.silent        // a few beats may be late
         && waits.silent <= waits.blocked      //
         && waits.scheduling <= waits.saving   //
         && waits.not_awaited <= waits.silent  //
         && waits.stop_grace < waits.goodbyes  // who uses the whole grace can still say goodbye
         && waits.leaving <= waits.stop_grace;
}
static_assert(consistent(Waits{}));
static_assert(Waits{}.silent + Waits{}.beat + Waits{}.leaving < std::chrono::seconds(10),
              "nobody waits longer for the dead, whichever side is left");
static_assert(Waits{}.silent + Waits{}.beat + Waits{}.deserted < std::chrono::seconds(10));

}  // namespace lorasweep
