// SPDX-License-Identifier: Apache-2.0
// The threads of a CUDA block on one host thread, each on a stack of its own: they take turns at barriers and warp
// operations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

namespace cuda_on_host {

struct Index {
  unsigned x = 0, y = 0, z = 0;
};

/// Runs `body` for every thread of every block, one block after the other. Aborts with a message where a device would
/// hang or do anything: threads of a block at different barriers, lanes that left before an operation of their warp.
void run_grid(Index blocks, unsigned threads, std::size_t shared_bytes, const std::function<void()>& body);

/// Of the running thread.
extern Index block_index, block_count, thread_index, thread_count;
unsigned char* dynamic_shared_memory();
void wait_for_block();
void wait_for_warp();
/// Whether the running lane is the first of its warp that goes on after wait_for_warp(): it may do what is to be done
/// once.
bool has_first_turn();

/// What the lanes of a warp show each other: each writes its own before wait_for_warp() and reads the others' after it.
/// There are two, in turns: a lane that is ahead writes the next one while others still read.
extern unsigned bank_to_write;  ///< wait_for_warp() changes it
template <typename Shown>
struct Exchange {
  Shown banks[2];
  Shown& to_write() { return banks[bank_to_write]; }
  Shown& to_read() { return banks[1 - bank_to_write]; }
};
constexpr std::size_t slot_bytes = 64;
struct LaneSlots {
  alignas(64) unsigned char of_lane[32][slot_bytes];
};
inline Exchange<LaneSlots> lane_slots;

template <typename T>
T from_lane(T value, unsigned lane) {
  static_assert(sizeof(T) <= slot_bytes);
  std::memcpy(lane_slots.to_write().of_lane[thread_index.x % 32], &value, sizeof value);
  wait_for_warp();
  T other;
  std::memcpy(&other, lane_slots.to_read().of_lane[lane], sizeof other);
  return other;
}

/// Threads of a block run in the order of their numbers; with CUDA_ON_HOST_REVERSE in the environment in the reverse
/// order. Results must not depend on it.
bool threads_run_in_reverse();

}  // namespace cuda_on_host
