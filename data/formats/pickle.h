// SPDX-License-Identifier: Apache-2.0
// The pickle of a PyTorch state dict, read as data: a closed list of opcodes and names, and nothing is ever
// called.
#pragma once

#include "data/tensor/tensor.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// One tensor as the pickle describes it. Offset and strides count elements; nothing here was checked against
/// the storage's bytes yet.
struct PickledTensor {
  TensorInfo info;
  std::string storage;  ///< decimal digits: the entry data/<storage>
  std::uint64_t storage_elements = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> strides;
};

/// Reads a dict from names to tensors (docs/formats/torch_archive.md lists what is accepted). InputError
/// naming `where`, the byte, and the opcode or name that was refused.
std::vector<PickledTensor> read_pickled_state_dict(std::string_view pickle, const std::string& where);

}  // namespace lorasweep
