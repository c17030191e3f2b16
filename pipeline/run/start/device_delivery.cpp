// SPDX-License-Identifier: Apache-2.0
// Images from device to device.
#include "data/core/error.h"
#include "pipeline/run/start/image_delivery.h"
#include "scheduler/checksum.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/relay.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>
#include <vector>

namespace lorasweep {
namespace {

constexpr int first_worker = 1;

std::uint64_t checksum_of(std::span<const std::byte> bytes) {
  Checksum checksum;
  checksum.add(bytes);
  return checksum.value();
}

// What the device really has.
std::uint64_t checksum_on_device(Ops& ops, const std::byte* memory, std::size_t bytes) {
  Checksum checksum;
  std::vector<std::byte> piece(std::min(DeviceBroadcast::piece, bytes));
  for (std::size_t done = 0; done < bytes; done += piece.size()) {
    const std::size_t size = std::min(piece.size(), bytes - done);  // images are multiples of 64 bytes
    const std::int64_t words = size / sizeof(std::int32_t);
    ops.download(piece.data(), {const_cast<std::byte*>(memory) + done, Element::i32, 1, words, words});
    ops.wait_all();
    checksum.add({piece.data(), size});
  }
  return checksum.value();
}

[[noreturn]] void stop_all(MpiSession& mpi) {
  mpi.part();
  throw Error(ExitCode::interrupted, "start", "model and adapters did not reach every worker's device",
              "run it again; --set model.device=cpu does without devices");
}

}  // namespace

bool all_ready(MpiSession& mpi, const std::string& problem) {
  const std::vector<std::string> problems = gather_bytes(mpi, problem);
  for (std::size_t rank = 0; rank < problems.size(); ++rank)
    if (!problems[rank].empty()) spdlog::warn("worker {}: {}", rank, problems[rank]);
  return all_of_ranks(mpi, problem.empty());
}

namespace {

class DeviceSender final : public ImageSender {
 public:
  DeviceSender(MpiSession& mpi, const ImageSizes& sizes)
      : mpi_(mpi),
        sizes_(sizes),
        host_(make_ops({})),
        model_(host_->allocate(sizes.model)),
        library_(host_->allocate(sizes.library)) {}
  std::span<std::byte> model() override { return {model_.get(), sizes_.model}; }
  std::span<std::byte> library() override { return {library_.get(), sizes_.library}; }
  void send() override {
    send_region(mpi_, model(), first_worker);
    send_region(mpi_, library(), first_worker);
    std::array<std::uint64_t, 2> checksums = {checksum_of(model()), checksum_of(library())};
    broadcast_region(mpi_, std::as_writable_bytes(std::span(checksums)));
    if (!all_ready(mpi_, "")) stop_all(mpi_);
    model_.reset();
  }
  std::string_view way() const override { return "NCCL"; }

 private:
  MpiSession& mpi_;
  ImageSizes sizes_;
  std::unique_ptr<Ops> host_;
  std::shared_ptr<std::byte> model_, library_;
};

class DeviceReceiver final : public ImageReceiver {
 public:
  DeviceReceiver(MpiSession& mpi, const ImageSizes& sizes, Ops& ops, std::unique_ptr<DeviceBroadcast> broadcast)
      : mpi_(mpi), sizes_(sizes), ops_(ops), broadcast_(std::move(broadcast)) {}

  EngineImages receive() override {
    EngineImages images{.model = nullptr, .library = nullptr, .place = ImagePlace::device};
    std::string problem = take(images);
    std::array<std::uint64_t, 2> sent{};
    broadcast_region(mpi_, std::as_writable_bytes(std::span(sent)));
    if (problem.empty()) problem = compare(images, sent);
    if (!all_ready(mpi_, problem)) stop_all(mpi_);
    broadcast_.reset();
    return images;
  }

 private:
  // Returns what went wrong. Whatever that was, the first worker takes all that rank 0 sends.
  std::string take(EngineImages& images) {
    std::array<std::size_t, 2> awaited = {sizes_.model, sizes_.library};
    const auto receive = [&](std::size_t& left) {
      return [this, &left](std::span<std::byte> piece) {
        receive_piece(mpi_, piece);
        left -= piece.size();
      };
    };
    std::string problem;
    try {
      images.model = broadcast_->broadcast(ops_, sizes_.model, receive(awaited[0]));
      images.library = broadcast_->broadcast(ops_, sizes_.library, receive(awaited[1]));
    } catch (const std::exception& error) {
      problem = error.what();
    }
    if (mpi_.rank() == first_worker) {
      std::vector<std::byte> unwanted(relay_piece);
      for (std::size_t& left : awaited)
        while (left > 0) receive(left)(std::span(unwanted).first(std::min(left, relay_piece)));
    }
    return problem;
  }

  std::string compare(const EngineImages& images, const std::array<std::uint64_t, 2>& sent) {
    try {
      const bool same = checksum_on_device(ops_, images.model.get(), sizes_.model) == sent[0] &&
                        checksum_on_device(ops_, images.library.get(), sizes_.library) == sent[1];
      return same ? "" : "what arrived is not what was sent";
    } catch (const std::exception& error) {
      return error.what();
    }
  }

  MpiSession& mpi_;
  ImageSizes sizes_;
  Ops& ops_;
  std::unique_ptr<DeviceBroadcast> broadcast_;
};

}  // namespace

std::unique_ptr<ImageSender> send_to_devices(MpiSession& mpi, const ImageSizes& sizes) {
  return std::make_unique<DeviceSender>(mpi, sizes);
}
std::unique_ptr<ImageReceiver> receive_on_device(MpiSession& mpi, const ImageSizes& sizes, Ops& ops,
                                                 std::unique_ptr<DeviceBroadcast> broadcast) {
  return std::make_unique<DeviceReceiver>(mpi, sizes, ops, std::move(broadcast));
}

}  // namespace lorasweep
