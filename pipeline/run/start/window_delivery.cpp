// SPDX-License-Identifier: Apache-2.0
// Images in the shared memory of each node.
#include "pipeline/run/start/image_delivery.h"
#include "scheduler/mpi/shared_window.h"

namespace lorasweep {
namespace {

struct Windows {
  Windows(MpiSession& mpi, const ImageSizes& sizes) : model(mpi, sizes.model), library(mpi, sizes.library) {}
  void publish() {
    model.publish();
    library.publish();
  }
  SharedWindow model, library;
};

class WindowSender final : public ImageSender {
 public:
  WindowSender(MpiSession& mpi, const ImageSizes& sizes) : windows_(mpi, sizes) {}
  std::span<std::byte> model() override { return windows_.model.data(); }
  std::span<std::byte> library() override { return windows_.library.data(); }
  void send() override { windows_.publish(); }
  std::string_view way() const override { return "shared memory"; }

 private:
  Windows windows_;
};

class WindowReceiver final : public ImageReceiver {
 public:
  WindowReceiver(MpiSession& mpi, const ImageSizes& sizes) : windows_(mpi, sizes) {}
  EngineImages receive() override {
    windows_.publish();
    const auto borrowed = [](const SharedWindow& window) {
      return std::shared_ptr<const std::byte>(window.data().data(), [](const std::byte*) {});
    };
    return {borrowed(windows_.model), borrowed(windows_.library), ImagePlace::host};
  }

 private:
  Windows windows_;
};

}  // namespace

std::unique_ptr<ImageSender> send_through_windows(MpiSession& mpi, const ImageSizes& sizes) {
  return std::make_unique<WindowSender>(mpi, sizes);
}
std::unique_ptr<ImageReceiver> receive_through_windows(MpiSession& mpi, const ImageSizes& sizes) {
  return std::make_unique<WindowReceiver>(mpi, sizes);
}

}  // namespace lorasweep
