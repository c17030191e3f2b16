// SPDX-License-Identifier: Apache-2.0
// Broadcasts by NCCL. The communicator does not block: every step is waited for with a deadline, and given up by abort,
// which frees peers too.
#include "workers/cuda/device.h"
#include "workers/device/device_broadcast.h"

#include <nccl.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

namespace lorasweep {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds longest_join{120}, longest_piece{60};

class Communicator {
 public:
  Communicator(const ncclUniqueId& id, int member, int members) {
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    require(ncclCommInitRankConfig(&communicator_, members, id, member, &config), "ncclCommInitRankConfig");
    settle("ncclCommInitRankConfig", Clock::now() + longest_join);
  }
  ~Communicator() { abort(); }  // after success there is nothing left to abort
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  /// Frees peers that wait for this member.
  void abort() noexcept {
    if (communicator_ != nullptr) ncclCommAbort(std::exchange(communicator_, nullptr));
  }

  void broadcast(std::byte* memory, std::size_t bytes, cudaStream_t stream) {
    const auto deadline = Clock::now() + longest_piece;
    require(ncclBroadcast(memory, memory, bytes, ncclUint8, 0, communicator_, stream), "ncclBroadcast");
    settle("ncclBroadcast", deadline);
    for (;;) {
      const cudaError_t status = cudaStreamQuery(stream);
      if (status == cudaSuccess) return;
      if (status != cudaErrorNotReady) check(status, "ncclBroadcast");
      ncclResult_t state = ncclSuccess;
      require(ncclCommGetAsyncError(communicator_, &state), "ncclCommGetAsyncError");
      require(state, "ncclBroadcast");
      wait_a_little("ncclBroadcast", deadline);
    }
  }

 private:
  // ncclInProgress is not a failure: settle() follows.
  void require(ncclResult_t result, const char* call) {
    if (result == ncclSuccess || result == ncclInProgress) return;
    const char* detail = communicator_ != nullptr ? ncclGetLastError(communicator_) : "";
    give_up(std::string(call) + " failed: " + ncclGetErrorString(result) +
            (*detail != '\0' ? std::string(" (") + detail + ")" : ""));
  }
  void settle(const char* call, Clock::time_point deadline) {
    for (;;) {
      ncclResult_t state = ncclSuccess;
      require(ncclCommGetAsyncError(communicator_, &state), call);
      require(state, call);
      if (state == ncclSuccess) return;
      wait_a_little(call, deadline);
    }
  }
  void wait_a_little(const char* call, Clock::time_point deadline) {
    if (Clock::now() > deadline) give_up(std::string(call) + ": the other members did not answer in time");
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  [[noreturn]] void give_up(const std::string& why) {
    abort();
    throw DeviceLost(why);
  }

  ncclComm_t communicator_ = nullptr;
};

class NcclBroadcast final : public DeviceBroadcast {
 public:
  NcclBroadcast(const ncclUniqueId& id, int member, int members, int device)
      : device_(Device::open(device)), is_root_(member == 0), communicator_(id, member, members) {}

  std::shared_ptr<std::byte> broadcast(Ops& ops, std::size_t bytes,
                                       const std::function<void(std::span<std::byte>)>& next_piece) override {
    std::shared_ptr<std::byte> memory;
    try {
      memory = ops.allocate(bytes);
      ops.wait_all();  // it is zeroed in the order of the ops' own stream
      fill(memory.get(), bytes, next_piece);
    } catch (...) {
      communicator_.abort();
      device_->finish();  // copies under way must not arrive after the memory was given to another use
      throw;
    }
    return memory;
  }

 private:
  void fill(std::byte* memory, std::size_t bytes, const std::function<void(std::span<std::byte>)>& next_piece) {
    if (is_root_ && !host_) host_.emplace(piece);
    for (std::size_t done = 0; done < bytes;) {
      const std::size_t size = std::min(piece, bytes - done);
      if (is_root_) {
        next_piece({host_->data(), size});
        check(cudaMemcpyAsync(memory + done, host_->data(), size, cudaMemcpyHostToDevice, device_->stream()),
              "cudaMemcpyAsync");
      }
      communicator_.broadcast(memory + done, size, device_->stream());
      done += size;
    }
  }

  std::shared_ptr<Device> device_;  // declared first: what follows needs it to be current
  bool is_root_;
  Communicator communicator_;
  std::optional<PinnedMemory> host_;
};

}  // namespace

std::string new_broadcast_ticket() {
  ncclUniqueId id;
  if (ncclGetUniqueId(&id) != ncclSuccess) return {};
  return {id.internal, sizeof id.internal};
}

std::unique_ptr<DeviceBroadcast> join_broadcast(const std::string& ticket, int member, int members,
                                                const DeviceOptions& device) {
  ncclUniqueId id;
  if (ticket.size() != sizeof id.internal) throw DeviceLost("this is not a ticket of NCCL");
  std::memcpy(id.internal, ticket.data(), ticket.size());
  return std::make_unique<NcclBroadcast>(id, member, members, device.index);
}

std::string nccl_version() {
  int version = 0;
  if (ncclGetVersion(&version) != ncclSuccess) return {};
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

}  // namespace lorasweep
