// SPDX-License-Identifier: Apache-2.0
// How model and adapter library get from rank 0, which reads the files, to every worker: one interface for all ways.
// All functions are collective over all ranks: a sender's on rank 0, a receiver's of the same kind on the others.
#pragma once

#include "pipeline/run/worker_setup.h"
#include "scheduler/mpi/mpi_session.h"
#include "workers/device/device_broadcast.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

/// Rank 0's end. Keep it until the workers have ended: they may read what it holds.
class ImageSender {
 public:
  virtual ~ImageSender() = default;
  /// Where rank 0 writes the images, in host memory, before it sends them. That of the library stays there.
  virtual std::span<std::byte> model() = 0;
  virtual std::span<std::byte> library() = 0;
  /// Throws Error (interrupted) if a worker did not get what was sent.
  virtual void send() = 0;
  virtual std::string_view way() const = 0;  ///< for the log: the images went by ...
};

/// A worker's end.
class ImageReceiver {
 public:
  virtual ~ImageReceiver() = default;
  /// Whole images, which are there as long as the receiver. Throws Error (interrupted) where the sender does.
  virtual EngineImages receive() = 0;
};

/// Through memory that the ranks of a node share. Making them allocates it: StorageError where a node has too little.
std::unique_ptr<ImageSender> send_through_windows(MpiSession& mpi, const ImageSizes& sizes);
std::unique_ptr<ImageReceiver> receive_through_windows(MpiSession& mpi, const ImageSizes& sizes);

/// Into the memory of every worker's device: by MPI to the first worker, by `broadcast` (NCCL) from there. What arrived
/// is compared by checksum. `ops` must outlive the images.
std::unique_ptr<ImageSender> send_to_devices(MpiSession& mpi, const ImageSizes& sizes);
std::unique_ptr<ImageReceiver> receive_on_device(MpiSession& mpi, const ImageSizes& sizes, Ops& ops,
                                                 std::unique_ptr<DeviceBroadcast> broadcast);

/// True on every rank if no worker has a problem; rank 0 says so in the log if one has.
bool all_ready(MpiSession& mpi, const std::string& problem);

}  // namespace lorasweep
