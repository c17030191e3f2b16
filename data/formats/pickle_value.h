// SPDX-License-Identifier: Apache-2.0
// What lies on the stack of a pickle that describes tensors. For pickle.cpp and pickled_objects.cpp.
#pragma once

#include "data/formats/pickled_tensor.h"
#include "data/tensor/tensor.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

struct None {};
struct Mark {};
struct Global {
  std::string_view name;  // "torch.FloatStorage"; a constant of pickled_objects.cpp
};
struct Storage {
  DType type;
  std::string_view key;
  std::uint64_t elements;
};
struct Container;
// Small, and cheap to copy: a memo entry of a few bytes can be recalled a million times. Texts are views of
// the pickle; tensors and containers live in the machine's arenas, so that a pickle may nest as deep as it likes or
// contain itself, and destruction does not recurse.
struct Value {
  std::variant<None, Mark, bool, std::int64_t, double, std::string_view, Global, Storage, const PickledTensor*,
               Container*>
      v;
};
struct Container {
  enum class Kind { tuple, list, dict, ordered_dict } kind;
  std::vector<Value> items;                                // tuple, list
  std::vector<std::pair<std::string_view, Value>> fields;  // dict, ordered_dict
  std::set<std::string_view> names;                        // of fields

  bool is_dict() const { return kind == Kind::dict || kind == Kind::ordered_dict; }
};

/// Why a pickle is refused; who reads it knows at which byte.
struct PickleRefusal {
  std::string what;
};

}  // namespace lorasweep
