// SPDX-License-Identifier: Apache-2.0
#include "pipeline/run/image_transfer.h"

#include "data/core/error.h"
#include "scheduler/checksum.h"
#include "scheduler/mpi/broadcast.h"
#include "scheduler/mpi/relay.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
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
    const auto words = static_cast<std::int64_t>(size / sizeof(std::int32_t));
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
  std::string verdict =
      std::ranges::all_of(problems, [](const std::string& text) { return text.empty(); }) ? "ready" : "";
  broadcast_bytes(mpi, verdict);
  return !verdict.empty();
}

void send_images(MpiSession& mpi, std::span<const std::byte> model, std::span<const std::byte> library) {
  send_region(mpi, model, first_worker);
  send_region(mpi, library, first_worker);
  std::array<std::uint64_t, 2> checksums = {checksum_of(model), checksum_of(library)};
  broadcast_region(mpi, std::as_writable_bytes(std::span(checksums)));
  if (!all_ready(mpi, "")) stop_all(mpi);
}

EngineImages receive_images(MpiSession& mpi, Ops& ops, DeviceBroadcast& broadcast, const ImageSizes& sizes) {
  std::array<std::size_t, 2> awaited = {sizes.model, sizes.library};  // what rank 0 sends, whatever becomes of it
  const auto receive = [&](std::size_t& left) {
    return [&mpi, &left](std::span<std::byte> piece) {
      receive_piece(mpi, piece);
      left -= piece.size();
    };
  };
  EngineImages images{.model = nullptr, .library = nullptr, .place = ImagePlace::device};
  std::string problem;
  try {
    images.model = broadcast.broadcast(ops, sizes.model, receive(awaited[0]));
    images.library = broadcast.broadcast(ops, sizes.library, receive(awaited[1]));
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (mpi.rank() == first_worker) {
    std::vector<std::byte> unwanted(relay_piece);
    for (std::size_t& left : awaited)
      while (left > 0) receive(left)(std::span(unwanted).first(std::min(left, relay_piece)));
  }
  std::array<std::uint64_t, 2> sent{};
  broadcast_region(mpi, std::as_writable_bytes(std::span(sent)));
  if (problem.empty()) {
    try {
      if (checksum_on_device(ops, images.model.get(), sizes.model) != sent[0] ||
          checksum_on_device(ops, images.library.get(), sizes.library) != sent[1])
        problem = "what arrived is not what was sent";
    } catch (const std::exception& error) {
      problem = error.what();
    }
  }
  if (!all_ready(mpi, problem)) stop_all(mpi);
  return images;
}

}  // namespace lorasweep
