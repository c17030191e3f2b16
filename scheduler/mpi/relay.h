// SPDX-License-Identifier: Apache-2.0
// Bytes from rank 0 to one worker in pieces, for what that worker hands on by another way (to GPUs, by NCCL).
#pragma once

#include "scheduler/mpi/mpi_session.h"

#include <cstddef>
#include <span>

namespace lorasweep {

inline constexpr std::size_t relay_piece = std::size_t{32} << 20;

/// Rank 0 sends all of `region` to rank `to`, which takes it by calls of receive_piece() whose sizes together are the
/// region's, each but the last a multiple of relay_piece. Not while a MpiTransport or run_mpi_worker is at work.
void send_region(const MpiSession& session, std::span<const std::byte> region, int to);
void receive_piece(const MpiSession& session, std::span<std::byte> piece);

}  // namespace lorasweep
