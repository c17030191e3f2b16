// SPDX-License-Identifier: Apache-2.0
// Recognises the format of a weight file by its first bytes.
#include "data/formats/open_weights.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/core/foreign_content.h"
#include "data/formats/safetensors.h"
#include "data/formats/torch_archive.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* convert =
    "load it with PyTorch in an environment you trust and save it as safetensors; the old formats can run "
    "code and are never read";

// A text in the place of weights mostly says what went wrong: its first line, for a message.
std::string beginning(std::string_view head) {
  constexpr std::size_t longest_shown = 80;
  const std::string_view line = head.substr(0, std::min(head.find('\n'), longest_shown));
  const bool is_text = !line.empty() && std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
  return is_text ? ": it begins with \"" + std::string(line) + '"' : "";
}

std::string first_bytes(const RandomAccessFile& file, std::uint64_t at_most) {
  std::string head(std::min(file.size(), at_most), '\0');
  file.read(0, std::as_writable_bytes(std::span(head)));
  return head;
}

}  // namespace

std::unique_ptr<WeightFile> open_weights(const std::filesystem::path& path) {
  RandomAccessFile file(path);
  std::string head = first_bytes(file, 16);
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06"))
    return std::make_unique<TorchArchive>(std::move(file));
  if (head.size() >= 9 && head[8] == '{') return std::make_unique<SafetensorsFile>(std::move(file));
  if (head.size() >= 2 && head[0] == '\x80' && head[1] >= '\2' && head[1] <= '\5')
    throw InputError(path.string(), "is a bare pickle (torch.save before PyTorch 1.6)", convert);
  head = first_bytes(file, foreign_content_bytes);
  refuse_foreign_content(head, path.string());
  throw InputError(path.string(), "is neither safetensors nor a torch archive" + beginning(head),
                   "check that the download is complete, and that this is the file of the weights");
}

}  // namespace lorasweep
