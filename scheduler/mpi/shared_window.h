// SPDX-License-Identifier: Apache-2.0
// Memory that all ranks of a node share: the base model and the adapter library exist once per node, not once
// per rank.
#pragma once

#include "scheduler/mpi/mpi_session.h"

#include <cstddef>
#include <memory>
#include <span>

namespace lorasweep {

/// Making, publishing and destroying one is collective over all ranks. Rank 0 fills it (it alone reads the
/// files), then all call publish(); after that nobody writes. The session must outlive it.
class SharedWindow {
 public:
  /// `bytes` must be the same on every rank. Throws StorageError on the ranks of a node that has not enough
  /// shared memory.
  SharedWindow(MpiSession& session, std::size_t bytes);
  /// Frees it together with the node's other ranks; when the session may not meet, the kernel does it at the
  /// process's end.
  ~SharedWindow();
  SharedWindow(const SharedWindow&) = delete;
  SharedWindow& operator=(const SharedWindow&) = delete;

  std::span<std::byte> data() const { return data_; }  ///< aligned to 64 bytes on every rank
  bool leader() const;                                 ///< the one rank of this node that the others share with

  /// Carries rank 0's content to every node; when it returns every rank sees it.
  void publish();

 private:
  struct Handles;

  MpiSession& session_;
  std::unique_ptr<Handles> handles_;
  std::span<std::byte> data_;
};

}  // namespace lorasweep
