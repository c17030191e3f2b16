// SPDX-License-Identifier: Apache-2.0
// Compares what the pickle describes with the storages in the archive, and gathers values by strides.
#include "data/formats/torch_archive.h"

#include "data/core/error.h"
#include "data/formats/element_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <set>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::uint64_t longest_pickle = 64u << 20;
constexpr const char* again = "the file is damaged or was manipulated: download it again from a source you trust";

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_row_major(const PickledTensor& tensor) {
  std::int64_t dense = 1;
  for (std::size_t axis = tensor.strides.size(); axis-- > 0;) {
    if (tensor.info.shape[axis] != 1 && tensor.strides[axis] != dense) return false;
    dense *= tensor.info.shape[axis];
  }
  return true;
}

std::string find_root(const ZipArchive& archive) {
  const std::string where = archive.path().string();
  std::string root;
  for (const auto& [name, entry] : archive.entries()) {
    if (!name.ends_with("/data.pkl")) continue;
    if (!root.empty()) throw InputError(where, "has more than one data.pkl", again);
    root = name.substr(0, name.size() - std::strlen("data.pkl"));
  }
  if (root.empty())
    throw InputError(where, "is an archive, but not one of PyTorch: it has no data.pkl",
                     "check that this is the right file");
  for (const auto& [name, entry] : archive.entries()) {
    if (name == root + "constants.pkl" || name.starts_with(root + "code/"))
      throw InputError(where, "is a TorchScript program", "use a file that holds tensors only");
    if (root.find('/') != root.size() - 1 || !name.starts_with(root))
      throw InputError(where + ", entry " + name, "does not lie in one folder with all others", again);
  }
  return root;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The entry's text without the newline that may end it. PyTorch's parser would take "3 and more" for 3.
std::uint64_t number_in(const ZipArchive& archive, const std::string& name, std::uint64_t most) {
  std::string text = text_of(archive.read(name));
  if (text.ends_with('\n')) text.pop_back();
  if (is_number(text) && text.size() <= 4)
    if (const std::uint64_t value = std::stoul(text); value >= 1 && value <= most) return value;
  throw InputError(archive.path().string() + ", entry " + name, fmt::format("is not a number from 1 to {}", most),
                   again);
}

// Everything but the pickle and the storages. Nothing is passed over: an entry that PyTorch never writes could be what
// another reader takes for the tensors.
void check_small_entries(const ZipArchive& archive, const std::string& root) {
  const std::string where = archive.path().string();
  constexpr std::uint64_t newest_version = 10, newest_format = 1, longest_alignment = 4096, longest_small_entry = 64;
  if (!archive.entries().contains(root + "version"))
    throw InputError(where, "is an archive, but not one of PyTorch: it has no version", again);
  for (const auto& [name, entry] : archive.entries()) {
    const std::string inside = name.substr(root.size());
    if (inside == "data.pkl" || inside.starts_with("data/") || (inside.ends_with('/') && entry.size == 0)) continue;
    if (inside.empty() && entry.size == 0) continue;  // the folder itself
    if (entry.size > longest_small_entry)
      throw InputError(where + ", entry " + name, "is not part of a tensor file", again);
    if (inside == "version" || inside == ".data/version") {
      number_in(archive, name, newest_version);
    } else if (inside == ".format_version") {
      number_in(archive, name, newest_format);
    } else if (inside == ".storage_alignment") {
      number_in(archive, name, longest_alignment);
    } else if (inside == "byteorder") {
      if (const std::string order = text_of(archive.read(name)); order != "little")
        throw InputError(where, order == "big" ? "was written on a big-endian machine" : "names no known byte order",
                         "save it as safetensors");
    } else if (inside == ".data/serialization_id") {
      if (!is_number(text_of(archive.read(name))))
        throw InputError(where + ", entry " + name, "is not a number", again);
    } else {
      throw InputError(where + ", entry " + name, "is not part of a tensor file", again);
    }
  }
}

}  // namespace

TorchArchive::TorchArchive(RandomAccessFile file) : archive_(std::move(file)), root_(find_root(archive_)) {
  const std::string where = archive_.path().string();
  check_small_entries(archive_, root_);
  if (archive_.entries().at(root_ + "data.pkl").size > longest_pickle)
    throw InputError(where, "its data.pkl is larger than 64 MiB", again);
  for (PickledTensor& tensor : read_pickled_state_dict(text_of(archive_.read(root_ + "data.pkl")), where)) {
    check(tensor);
    tensors_.push_back(tensor.info);
    described_.emplace(tensor.info.name, std::move(tensor));
  }
  require_used_storages();
}

void TorchArchive::require_used_storages() const {
  std::set<std::string> used;
  for (const auto& [name, tensor] : described_) used.insert(root_ + "data/" + tensor.storage);
  for (const auto& [name, entry] : archive_.entries())
    if (name.starts_with(root_ + "data/") && name.size() > root_.size() + 5 && !used.contains(name))
      throw InputError(archive_.path().string() + ", entry " + name, "belongs to no tensor", again);
}

void TorchArchive::check(const PickledTensor& tensor) const {
  const std::string where = archive_.path().string() + ", tensor " + tensor.info.name;
  const auto storage = archive_.entries().find(root_ + "data/" + tensor.storage);
  if (storage == archive_.entries().end())
    throw InputError(where, "lies in storage " + tensor.storage + ", which is missing", again);
  const std::uint64_t element = bits_of(tensor.info.dtype) / 8;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(tensor.storage_elements, element, &bytes) || bytes != storage->second.size)
    throw InputError(where,
                     fmt::format("claims a storage of {} elements, which has {} bytes", tensor.storage_elements,
                                 storage->second.size),
                     again);
  std::uint64_t count = 0;
  try {
    count = element_count(tensor.info.shape);
  } catch (const std::exception& error) {
    throw InputError(where, error.what(), again);
  }
  if (count == 0) return;
  std::uint64_t end = 0;
  if (__builtin_add_overflow(tensor.offset, count, &end) || end > tensor.storage_elements)
    throw InputError(where,
                     fmt::format("of shape {} at element {} does not fit its storage of {}",
                                 describe_shape(tensor.info.shape), tensor.offset, tensor.storage_elements),
                     again);
  // Every element must be its own: the strides are those of a permuted dense tensor. This also bounds what
  // reading it allocates.
  std::vector<std::pair<std::int64_t, std::int64_t>> axes;  // stride, extent
  for (std::size_t i = 0; i < tensor.strides.size(); ++i)
    if (tensor.info.shape[i] != 1) axes.emplace_back(tensor.strides[i], tensor.info.shape[i]);
  std::ranges::sort(axes);
  std::int64_t dense = 1;
  for (const auto& [stride, extent] : axes) {
    if (stride != dense)
      throw InputError(where, "has strides that share or skip elements of its storage",
                       "save the tensor as contiguous");
    dense *= extent;  // at most `count`, which the storage holds
  }
}

const PickledTensor& TorchArchive::described(const std::string& name) const {
  const auto found = described_.find(name);
  if (found == described_.end()) throw InputError(archive_.path().string(), "has no tensor " + name);
  return found->second;
}

std::vector<std::byte> TorchArchive::gather(const PickledTensor& tensor) const {
  if (element_count(tensor.info.shape) == 0) return {};
  const std::vector<std::byte> storage = archive_.read(root_ + "data/" + tensor.storage);
  const std::size_t element = bits_of(tensor.info.dtype) / 8;
  const std::uint64_t count = element_count(tensor.info.shape);
  if (is_row_major(tensor)) {
    const std::byte* first = storage.data() + tensor.offset * element;
    return {first, first + count * element};
  }
  std::vector<std::byte> out(count * element);
  std::vector<std::int64_t> index(tensor.info.shape.size(), 0);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::int64_t at = tensor.offset;
    for (std::size_t axis = 0; axis < index.size(); ++axis) at += index[axis] * tensor.strides[axis];
    std::memcpy(out.data() + i * element, storage.data() + at * element, element);
    for (std::size_t axis = index.size(); axis-- > 0;) {
      if (++index[axis] < tensor.info.shape[axis]) break;
      index[axis] = 0;
    }
  }
  return out;
}

Tensor TorchArchive::read(const std::string& name) const {
  const PickledTensor& tensor = described(name);
  return {tensor.info.shape, to_f32(gather(tensor), tensor.info.dtype, archive_.path().string() + ", tensor " + name)};
}

std::vector<std::int64_t> TorchArchive::read_integers(const std::string& name) const {
  const PickledTensor& tensor = described(name);
  return to_i64(gather(tensor), tensor.info.dtype, archive_.path().string() + ", tensor " + name);
}

}  // namespace lorasweep
