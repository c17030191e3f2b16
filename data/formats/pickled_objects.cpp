// SPDX-License-Identifier: Apache-2.0
// Checks the arguments from which a pickle would build storages, tensors and parameters.
#include "data/formats/pickled_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lorasweep {
namespace {

constexpr std::size_t most_dimensions = 8;

const std::map<std::string_view, DType>& storages() {
  static const std::map<std::string_view, DType> known = {
      {"torch.FloatStorage", DType::f32},   {"torch.HalfStorage", DType::f16}, {"torch.BFloat16Storage", DType::bf16},
      {"torch.DoubleStorage", DType::f64},  {"torch.LongStorage", DType::i64}, {"torch.IntStorage", DType::i32},
      {"torch.ShortStorage", DType::i16},   {"torch.CharStorage", DType::i8},  {"torch.ByteStorage", DType::u8},
      {"torch.BoolStorage", DType::boolean}};
  return known;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Where the tensor lay when it was saved: any device whose memory can be read back, with or without a number. On `meta`
// a tensor has no values.
bool is_device(std::string_view location) {
  constexpr std::array devices{"cpu", "cuda", "xpu", "mps", "npu", "hpu", "mlu", "xla"};
  const std::size_t colon = std::min(location.find(':'), location.size());
  const std::string_view number = location.substr(std::min(colon + 1, location.size()));
  return std::ranges::find(devices, location.substr(0, colon)) != devices.end() &&
         (colon == location.size() || (is_digits(number) && number.size() <= 3));
}

std::vector<std::int64_t> integers(const Value& value, const char* what) {
  std::vector<std::int64_t> numbers;
  const Container* items = require_container(value, Container::Kind::tuple, what);
  if (items->items.size() > most_dimensions)
    throw PickleRefusal{fmt::format("a tensor has more than {} dimensions", most_dimensions)};
  for (const Value& item : items->items) {
    numbers.push_back(require<std::int64_t>(item, what));
    if (numbers.back() < 0) throw PickleRefusal{fmt::format("{} is negative", what)};
  }
  return numbers;
}

bool has_gradients(DType type) {
  return type == DType::f16 || type == DType::bf16 || type == DType::f32 || type == DType::f64;
}

// Both count for training only, but what PyTorch would not load is refused here, too.
void require_training_state(DType type, const Value& requires_grad, const Value& hooks) {
  if (require<bool>(requires_grad, "requires_grad") && !has_gradients(type))
    throw PickleRefusal{"a tensor of integers requires gradients"};
  const Container* held = require_container(hooks, Container::Kind::ordered_dict, "a tensor's hooks");
  if (!held->fields.empty()) throw PickleRefusal{"a tensor has hooks"};
}

}  // namespace

std::optional<Global> known_global(std::string_view name) {
  for (const std::string_view known : {ordered_dict, rebuild_tensor, rebuild_parameter})
    if (name == known) return Global{known};
  if (const auto storage = storages().find(name); storage != storages().end()) return Global{storage->first};
  return std::nullopt;
}

Container* require_container(const Value& value, Container::Kind kind, const char* what) {
  Container* held = require<Container*>(value, what);
  if (held->kind != kind) throw PickleRefusal{fmt::format("{} has the wrong type there", what)};
  return held;
}

Container* require_dict(const Value& value, const char* what) {
  Container* held = require<Container*>(value, what);
  if (!held->is_dict()) throw PickleRefusal{fmt::format("{} has the wrong type there", what)};
  return held;
}

Storage NamedStorages::find(const Value& id) {
  const auto& parts = require_container(id, Container::Kind::tuple, "a storage")->items;
  if (parts.size() != 5 || require<std::string_view>(parts[0], "a storage") != "storage")
    throw PickleRefusal{"has a reference that is not a storage"};
  const auto type = storages().find(require<Global>(parts[1], "a storage's type").name);
  if (type == storages().end()) throw PickleRefusal{"has a storage of no known type"};
  const std::string_view key = require<std::string_view>(parts[2], "a storage's key");
  if (!is_device(require<std::string_view>(parts[3], "a storage's device")))
    throw PickleRefusal{"has a storage on an unknown device"};
  const std::int64_t elements = require<std::int64_t>(parts[4], "a storage's size");
  if (!is_digits(key) || key.size() > 20 || elements < 0)
    throw PickleRefusal{"has a storage with an impossible key or size"};
  const Storage named{type->second, key, static_cast<std::uint64_t>(elements)};
  const auto [first, is_new] = seen_.emplace(key, named);
  if (!is_new && (first->second.type != named.type || first->second.elements != named.elements))
    throw PickleRefusal{fmt::format("names storage {} with two types or sizes", key)};
  return named;
}

PickledTensor rebuilt_tensor(const std::vector<Value>& arguments) {
  if (arguments.size() < 6 || arguments.size() > 7)
    throw PickleRefusal{"rebuilds a tensor from the wrong number of parts"};
  const Storage& storage = require<Storage>(arguments[0], "a tensor's storage");
  PickledTensor tensor{{"", storage.type, integers(arguments[2], "a shape")},
                       std::string(storage.key),
                       storage.elements,
                       require<std::int64_t>(arguments[1], "an offset"),
                       integers(arguments[3], "a stride")};
  if (tensor.offset < 0 || tensor.strides.size() != tensor.info.shape.size())
    throw PickleRefusal{"rebuilds a tensor with an impossible offset or strides"};
  require_training_state(storage.type, arguments[4], arguments[5]);
  // {"neg": True} would flip every sign, and {"conj": True} is for complex numbers.
  if (arguments.size() == 7 && !std::holds_alternative<None>(arguments[6].v) &&
      !require_dict(arguments[6], "a tensor's metadata")->fields.empty())
    throw PickleRefusal{"a tensor has metadata"};
  return tensor;
}

const PickledTensor* rebuilt_parameter(const std::vector<Value>& arguments) {
  if (arguments.size() != 3) throw PickleRefusal{"rebuilds a parameter from the wrong number of parts"};
  const auto* tensor = require<const PickledTensor*>(arguments[0], "a parameter");
  require_training_state(tensor->info.dtype, arguments[1], arguments[2]);
  return tensor;
}

void require_metadata(const Value& target, const Value& state) {
  const Container* attributes = require_dict(state, "a dict's attributes");
  require_container(target, Container::Kind::ordered_dict, "what gets attributes");
  for (const auto& [name, value] : attributes->fields)
    if (name != "_metadata") throw PickleRefusal{fmt::format("gives a dict the attribute {}", name.substr(0, 100))};
}

}  // namespace lorasweep
