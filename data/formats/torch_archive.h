// SPDX-License-Identifier: Apache-2.0
// PyTorch's .bin files: a zip archive with a pickle that describes tensors and an entry for each storage
// (docs/formats/torch_archive.md).
#pragma once

#include "data/formats/pickle.h"
#include "data/formats/weight_file.h"
#include "data/formats/zip_archive.h"

#include <map>
#include <string>
#include <vector>

namespace lorasweep {

class TorchArchive final : public WeightFile {
 public:
  explicit TorchArchive(RandomAccessFile file);

  const std::vector<TensorInfo>& tensors() const override { return tensors_; }
  Tensor read(const std::string& name) const override;
  std::vector<std::int64_t> read_integers(const std::string& name) const override;
  std::vector<std::filesystem::path> files() const override { return {archive_.path()}; }

 private:
  void check(const PickledTensor& tensor) const;
  void require_used_storages() const;
  /// The tensor's elements, gathered by its strides, row-major.
  std::vector<std::byte> gather(const PickledTensor& tensor) const;
  const PickledTensor& described(const std::string& name) const;

  ZipArchive archive_;
  std::string root_;  ///< the folder that all entries lie in, with the slash
  std::map<std::string, PickledTensor> described_;
  std::vector<TensorInfo> tensors_;
};

}  // namespace lorasweep
