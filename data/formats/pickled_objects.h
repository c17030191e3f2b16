// SPDX-License-Identifier: Apache-2.0
// The few names that a tensor file may use, and what stands for what they would make. Nothing is called. Every rule
// is one of PyTorch's own loader or stricter: what it refuses is refused here.
#pragma once

#include "data/formats/pickle_value.h"

#include <map>
#include <optional>
#include <string_view>

namespace lorasweep {

constexpr std::string_view ordered_dict = "collections.OrderedDict";
constexpr std::string_view rebuild_tensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view rebuild_parameter = "torch._utils._rebuild_parameter";

/// The name as a constant of this file; nothing if a tensor file does not use it.
std::optional<Global> known_global(std::string_view name);

/// What `value` must be there, or PickleRefusal.
template <typename T>
const T& require(const Value& value, const char* what) {
  const T* held = std::get_if<T>(&value.v);
  if (held == nullptr) throw PickleRefusal{std::string(what) + " has the wrong type there"};
  return *held;
}
Container* require_container(const Value& value, Container::Kind kind, const char* what);
Container* require_dict(const Value& value, const char* what);

/// The storages that a pickle names. The same one named twice must be the same: PyTorch takes the type from the first.
class NamedStorages {
 public:
  /// A persistent id: ("storage", type, key, location, elements).
  Storage find(const Value& id);

 private:
  std::map<std::string_view, Storage> seen_;
};

/// The tensor of torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks[, metadata]).
PickledTensor rebuilt_tensor(const std::vector<Value>& arguments);
/// The tensor of torch._utils._rebuild_parameter(tensor, requires_grad, hooks).
const PickledTensor* rebuilt_parameter(const std::vector<Value>& arguments);
/// The attributes that a state dict may have: an OrderedDict's `_metadata`, which is not needed here.
void require_metadata(const Value& target, const Value& state);

}  // namespace lorasweep
