// SPDX-License-Identifier: Apache-2.0
// Recognises the format of a weight file by its first bytes.
#include "data/formats/open_weights.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/formats/safetensors.h"
#include "data/formats/torch_archive.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* convert =
    "load it with PyTorch in an environment you trust and save it as safetensors; the old formats can run "
    "code and are never read";

bool begins_with(std::span<const std::byte> head, std::string_view magic) {
  return head.size() >= magic.size() && std::memcmp(head.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

std::unique_ptr<WeightFile> open_weights(const std::filesystem::path& path) {
  RandomAccessFile file(path);
  std::array<std::byte, 16> bytes{};
  const std::span<std::byte> head = std::span(bytes).first(std::min<std::size_t>(bytes.size(), file.size()));
  file.read(0, head);
  if (begins_with(head, "PK\x03\x04") || begins_with(head, "PK\x05\x06"))
    return std::make_unique<TorchArchive>(std::move(file));
  if (head.size() >= 9 && head[8] == std::byte{'{'}) return std::make_unique<SafetensorsFile>(std::move(file));
  if (head.size() >= 2 && head[0] == std::byte{0x80} && head[1] >= std::byte{2} && head[1] <= std::byte{5})
    throw InputError(path.string(), "is a bare pickle (torch.save before PyTorch 1.6)", convert);
  if (begins_with(head, "version https://"))
    throw InputError(path.string(), "is a Git LFS pointer, not the weights", "run `git lfs pull` in its repository");
  if (begins_with(head, "\x89HDF"))
    throw InputError(path.string(), "is an HDF5 file (TensorFlow weights?)", "use the PyTorch weights of this model");
  throw InputError(path.string(), "is neither safetensors nor a torch archive",
                   "check that the download is complete and not a web page");
}

}  // namespace lorasweep
