// SPDX-License-Identifier: Apache-2.0
// What a unit costs on its way out and back over MPI: bytes sent and checksums taken, counted where they happen (the
// linker puts the two functions below in front of MPI's and xxHash's own).
#include "scheduler/mpi/mpi_transport.h"
#include "scheduler/mpi/mpi_worker.h"
#include "tests/scheduler/mpi/mpi_test_main.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

std::atomic<std::int64_t> bytes_sent = 0, checksums = 0;

}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the names are the linker's
int __real_MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm ranks, MPI_Request* r);
int __wrap_MPI_Isend(const void* data, int count, MPI_Datatype type, int to, int tag, MPI_Comm ranks, MPI_Request* r) {
  bytes_sent += count;
  return __real_MPI_Isend(data, count, type, to, tag, ranks, r);
}
std::uint64_t __real_XXH3_64bits(const void* data, std::size_t size);
std::uint64_t __wrap_XXH3_64bits(const void* data, std::size_t size) {
  ++checksums;
  return __real_XXH3_64bits(data, size);
}
// NOLINTEND(bugprone-reserved-identifier)
}

namespace lorasweep {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t units = 1000, adapters = 20, shots = 5;

// What is sent beside the units: one letter each way at the start, two out and one back at the end.
constexpr std::int64_t letters_around = 4, most_bytes_around = 30;

// magic, version, kind, length, checksum; which message; unit and attempt
constexpr std::int64_t around_an_order = 3 + 1 + 1 + 8 + 8 + 1 + 8 + 4;

// which work; how many members; how many adapters, their rows; an index of examples; how many weights, the weights
constexpr std::int64_t order_bytes = around_an_order + 1 + 8 + 8 + 4 * adapters + 4 + 8 + 8 * adapters;
// seconds; which outcome; how many members; how many losses, the losses
constexpr std::int64_t report_bytes = around_an_order + 8 + 1 + 8 + 8 + 8 * shots;

void drive(MpiSession& mpi) {
  MpiTransport transport(mpi);
  for (std::int64_t back = 0; back < units;)
    for (const TransportEvent& event : transport.poll(100ms)) {
      if (std::holds_alternative<WorkerReported>(event)) ++back;
      if (!std::holds_alternative<WorkerJoined>(event)) continue;
      for (UnitId unit = 0; unit < static_cast<UnitId>(units); ++unit)
        transport.send(1, {unit, 0,
                           EvaluateWork{{{.adapters = std::vector<std::int32_t>(adapters, 7),
                                          .weights = std::vector<double>(adapters, 0.25)}}}});
    }
}

void answer(MpiSession& mpi) {
  const auto body = [](Channel& channel) {
    while (const auto order = channel.receive(true))
      channel.send({order->unit, order->attempt, 0, EvaluateResult{{std::vector<double>(shots, 1.5)}}});
  };
  run_mpi_worker(mpi, {}, body);
}

// A unit is sealed once and opened once on either way, and little more than its numbers travels.
TEST(Traffic, OfAUnitIsItsContentAndOneChecksumAtEitherEndOfEitherWay) {
  MpiSession& mpi = test_session();
  if (mpi.scheduler())
    drive(mpi);
  else
    answer(mpi);
  const std::int64_t bytes = units * (mpi.scheduler() ? order_bytes : report_bytes);
  EXPECT_GE(bytes_sent, bytes);
  EXPECT_LE(bytes_sent, bytes + letters_around * most_bytes_around);
  EXPECT_GE(checksums, 2 * units);
  EXPECT_LE(checksums, 2 * units + letters_around);
  // An order names its adapters, not a set that the worker knows: 84 bytes more than those 219 were.
  EXPECT_EQ(order_bytes + report_bytes, 219 + 84 + 99)
      << "before the one codec it was 272 + 144, and 8 checksums, not 4";
}

}  // namespace
}  // namespace lorasweep
