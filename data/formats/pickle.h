// SPDX-License-Identifier: Apache-2.0
// The pickle of a PyTorch state dict, read as data: a closed list of opcodes and names, and nothing is ever
// called.
#pragma once

#include "data/formats/pickled_tensor.h"

#include <string>
#include <string_view>
#include <vector>

namespace lorasweep {

/// Reads a dict from names to tensors (docs/formats/torch_archive.md lists what is accepted). InputError
/// naming `where`, the byte, and the opcode or name that was refused.
std::vector<PickledTensor> read_pickled_state_dict(std::string_view pickle, const std::string& where);

}  // namespace lorasweep
