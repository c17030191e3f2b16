// SPDX-License-Identifier: Apache-2.0
// Images reach every worker's device whole, or everybody learns that they did not. NCCL's part is played by MPI's
// broadcast, the device by the CPU.
#include "pipeline/run/image_transfer.h"

#include "data/core/error.h"
#include "mpi_test_main.h"
#include "scheduler/mpi/broadcast.h"

#include <gtest/gtest.h>
#include <mpi.h>

#include <algorithm>
#include <cstring>
#include <optional>

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

std::optional<Images> transfer(Fault fault) {
  MpiSession& mpi = test_session();
  MPI_Comm workers = MPI_COMM_NULL;
  MPI_Comm_split(MPI_COMM_WORLD, mpi.scheduler() ? MPI_UNDEFINED : 0, mpi.rank(), &workers);
  try {
    if (mpi.scheduler()) {
      send_images(mpi, image(sizes.model), image(sizes.library));
      return Images{};
    }
    const auto ops = make_ops({});
    BroadcastByMpi broadcast(workers, fault);
    Images images = receive_images(mpi, *ops, broadcast, sizes);
    MPI_Comm_free(&workers);
    return images;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::interrupted);
    if (workers != MPI_COMM_NULL) MPI_Comm_free(&workers);
    return std::nullopt;
  }
}

TEST(ImageTransfer, BringsBothImagesToEveryWorker) {
  const auto images = transfer(Fault::none);
  ASSERT_TRUE(images.has_value());
  if (test_session().scheduler()) return;
  EXPECT_EQ(images->place, ImagePlace::device);
  EXPECT_EQ(std::memcmp(images->model.get(), image(sizes.model).data(), sizes.model), 0);
  EXPECT_EQ(std::memcmp(images->library.get(), image(sizes.library).data(), sizes.library), 0);
}

TEST(ImageTransfer, StopsEverybodyWhereABroadcastFails) { EXPECT_FALSE(transfer(Fault::fails_at_once).has_value()); }

TEST(ImageTransfer, StopsEverybodyWhereOneWorkerGotOtherBytes) { EXPECT_FALSE(transfer(Fault::damages).has_value()); }

TEST(AllReady, IsTrueUnlessSomebodyHasAProblem) {
  EXPECT_TRUE(all_ready(test_session(), ""));
  EXPECT_FALSE(all_ready(test_session(), test_session().rank() == 2 ? "no driver" : ""));
}

}  // namespace
}  // namespace lorasweep
