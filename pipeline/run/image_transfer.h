// SPDX-License-Identifier: Apache-2.0
// Model and library from rank 0, which reads the files, into the memory of every worker's device: by MPI to the first
// worker, by NCCL from there. All functions are collective over all ranks.
#pragma once

#include "pipeline/run/worker_setup.h"
#include "scheduler/mpi/mpi_session.h"
#include "workers/device/device_broadcast.h"

#include <cstddef>
#include <span>
#include <string>

namespace lorasweep {

/// True on every rank if no worker has a problem; rank 0 says so in the log if one has.
bool all_ready(MpiSession& mpi, const std::string& problem);

/// Rank 0's part. Throws Error (interrupted) if a worker did not get what was sent.
void send_images(MpiSession& mpi, std::span<const std::byte> model, std::span<const std::byte> library);

/// A worker's part; checks what arrived. Throws Error (interrupted) where rank 0 does.
EngineImages receive_images(MpiSession& mpi, Ops& ops, DeviceBroadcast& broadcast, const ImageSizes& sizes);

}  // namespace lorasweep
