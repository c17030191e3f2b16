// SPDX-License-Identifier: Apache-2.0
// What lorasweep reads in torch archives, for torch_archives.py to compare with what PyTorch reads: paths on stdin; a
// line for each on stdout, "refused" or "accepted" and name=shape=digest of every tensor, floats as f32.
#include "data/core/digest.h"
#include "data/core/error.h"
#include "data/formats/torch_archive.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace lorasweep;

template <typename T>
std::string digest_of(const std::vector<T>& values) {
  Sha256 sha;
  sha.bytes(std::as_bytes(std::span(values)));
  return sha.hex().substr(0, 16);
}

std::string line_of(const std::string& path) {
  try {
    const TorchArchive file{RandomAccessFile(path)};
    std::string line = "accepted";
    for (const TensorInfo& tensor : file.tensors()) {
      const bool is_float = tensor.dtype == DType::f16 || tensor.dtype == DType::bf16 || tensor.dtype == DType::f32 ||
                            tensor.dtype == DType::f64;
      const std::string digest =
          is_float ? digest_of(file.read(tensor.name).values) : digest_of(file.read_integers(tensor.name));
      line += fmt::format(" {}={}={}", tensor.name, fmt::join(tensor.shape, "x"), digest);
    }
    return line;
  } catch (const Error&) {
    return "refused";
  }
}

}  // namespace

int main() {
  for (std::string path; std::getline(std::cin, path);) std::cout << line_of(path) << std::endl;
}
