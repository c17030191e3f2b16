// SPDX-License-Identifier: Apache-2.0
// Images reach every worker whole, by every way, or everybody learns that they did not. NCCL's part is played by MPI's
// broadcast, the device by the CPU.
#include "pipeline/run/start/image_delivery.h"

#include "data/core/error.h"
#include "tests/scheduler/mpi/mpi_test_main.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace lorasweep {
namespace {

enum class Fault { none, fails_at_once, damages };

class BroadcastByMpi final : public DeviceBroadcast {
 public:
  BroadcastByMpi(MPI_Comm workers, Fault fault) : workers_(workers), fault_(fault) {}

  std::shared_ptr<std::byte> broadcast(Ops& ops, std::size_t bytes,
                                       const std::function<void(std::span<std::byte>)>& next_piece) override {
    if (fault_ == Fault::fails_at_once) throw DeviceLost("the link is down");
    int member = 0;
    MPI_Comm_rank(workers_, &member);
    auto memory = ops.allocate(bytes);
    for (std::size_t done = 0; done < bytes; done += std::min(piece, bytes - done)) {
      const std::span<std::byte> part(memory.get() + done, std::min(piece, bytes - done));
      if (member == 0) next_piece(part);
      MPI_Bcast(part.data(), static_cast<int>(part.size()), MPI_BYTE, 0, workers_);
    }
    if (fault_ == Fault::damages && member == 1) memory.get()[bytes / 2] ^= std::byte{1};
    return memory;
  }

 private:
  MPI_Comm workers_;
  Fault fault_;
};

std::vector<std::byte> image(std::size_t bytes) {
  std::vector<std::byte> content(bytes);
  for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<std::byte>(i * 2654435761u >> 11);
  return content;
}

// More than a piece, and not a whole number of them.
const ImageSizes sizes = {.model = DeviceBroadcast::piece + 640, .library = 64};

void send(ImageSender& sender) {
  std::ranges::copy(image(sizes.model), sender.model().begin());
  std::ranges::copy(image(sizes.library), sender.library().begin());
  sender.send();
}

void expect_whole(const EngineImages& images) {
  EXPECT_EQ(std::memcmp(images.model.get(), image(sizes.model).data(), sizes.model), 0);
  EXPECT_EQ(std::memcmp(images.library.get(), image(sizes.library).data(), sizes.library), 0);
}

// False: it did not come to its end, on this rank.
bool transfer_between_devices(Fault fault) {
  MpiSession& mpi = test_session();
  MPI_Comm workers = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, mpi.scheduler() ? MPI_UNDEFINED : 0, mpi.rank(), &workers);
  bool whole = false;
  try {
    if (mpi.scheduler()) {
      send(*send_to_devices(mpi, sizes));
    } else {
      const auto ops = make_ops({});
      const auto receiver = receive_on_device(mpi, sizes, *ops, std::make_unique<BroadcastByMpi>(workers, fault));
      const EngineImages images = receiver->receive();
      EXPECT_EQ(images.place, ImagePlace::device);
      expect_whole(images);
    }
    whole = true;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::interrupted);
  }
  if (workers != MPI_COMM_NULL) MPI_Comm_free(&workers);
  return whole;
}

TEST(DeviceDelivery, BringsBothImagesToEveryWorker) { EXPECT_TRUE(transfer_between_devices(Fault::none)); }

TEST(DeviceDelivery, StopsEverybodyWhereABroadcastFails) {
  EXPECT_FALSE(transfer_between_devices(Fault::fails_at_once));
}

TEST(DeviceDelivery, StopsEverybodyWhereOneWorkerGotOtherBytes) {
  EXPECT_FALSE(transfer_between_devices(Fault::damages));
}

TEST(WindowDelivery, BringsBothImagesToEveryWorker) {
  MpiSession& mpi = test_session();
  if (mpi.scheduler()) {
    const auto sender = send_through_windows(mpi, sizes);
    send(*sender);
    return;
  }
  const auto receiver = receive_through_windows(mpi, sizes);
  const EngineImages images = receiver->receive();
  EXPECT_EQ(images.place, ImagePlace::host);
  expect_whole(images);
}

TEST(AllReady, IsTrueUnlessSomebodyHasAProblem) {
  EXPECT_TRUE(all_ready(test_session(), ""));
  EXPECT_FALSE(all_ready(test_session(), test_session().rank() == 2 ? "no driver" : ""));
}

}  // namespace
}  // namespace lorasweep
