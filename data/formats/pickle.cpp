// SPDX-License-Identifier: Apache-2.0
#include "data/formats/pickle.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

constexpr std::size_t most_stack = 100'000, most_memo = 1'000'000, most_items = 4'000'000, longest_string = 1u << 20, most_dimensions = 8;
constexpr const char* never_run =
    "lorasweep reads tensors only and runs nothing: if you trust the file, load it with PyTorch and save it as safetensors";

struct None {};
struct Mark {};
struct Global {
  std::string name;  // "torch.FloatStorage"
};
struct Storage {
  DType type;
  std::string key;
  std::uint64_t elements;
};
struct Container;
struct Value {
  std::variant<None, Mark, bool, std::int64_t, double, std::string, Global, Storage, PickledTensor, Container*> v;
};
// Containers live in the machine's arena and are pointed to: a pickle may nest or close circles as it likes, destruction stays flat.
struct Container {
  enum class Kind { tuple, list, dict } kind;
  std::vector<Value> items;                           // tuple, list
  std::vector<std::pair<std::string, Value>> fields;  // dict
  std::set<std::string> names;                        // of fields
};

const std::map<std::string, DType>& storages() {
  static const std::map<std::string, DType> known = {
      {"torch.FloatStorage", DType::f32}, {"torch.HalfStorage", DType::f16}, {"torch.BFloat16Storage", DType::bf16},
      {"torch.DoubleStorage", DType::f64}, {"torch.LongStorage", DType::i64}, {"torch.IntStorage", DType::i32},
      {"torch.ShortStorage", DType::i16},  {"torch.CharStorage", DType::i8},  {"torch.ByteStorage", DType::u8},
      {"torch.BoolStorage", DType::boolean}};
  return known;
}
constexpr const char* ordered_dict = "collections.OrderedDict";
constexpr const char* rebuild_tensor = "torch._utils._rebuild_tensor_v2";
constexpr const char* rebuild_parameter = "torch._utils._rebuild_parameter";

class Machine {
 public:
  Machine(std::string_view pickle, const std::string& where) : pickle_(pickle), where_(where) {}

  std::vector<PickledTensor> run() {
    while (!step()) {
    }
    if (at_ != pickle_.size()) throw refusal("has something behind its end");
    if (stack_.size() != 1) throw refusal("does not leave one value");
    Container* dict = container(stack_.back(), Container::Kind::dict, "the whole");
    std::vector<PickledTensor> tensors;
    for (auto& [name, value] : dict->fields) {
      auto* tensor = std::get_if<PickledTensor>(&value.v);
      if (tensor == nullptr) throw InputError(where_ + ", key " + name, "is not a tensor", never_run);
      tensors.push_back(std::move(*tensor));
      tensors.back().info.name = name;
    }
    return tensors;
  }

 private:
  InputError refusal(const std::string& what) const { return {fmt::format("{}, byte {} of its pickle", where_, opcode_at_), what, never_run}; }

  // --- bytes ---
  std::string_view take(std::size_t count) {
    if (count > pickle_.size() - at_) throw refusal("is cut short");
    const auto taken = pickle_.substr(at_, count);
    at_ += count;
    return taken;
  }
  std::uint64_t number(int width) {
    std::uint64_t value = 0;
    const auto bytes = take(static_cast<std::size_t>(width));
    for (int i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    return value;
  }
  std::string line() {
    const std::size_t end = pickle_.find('\n', at_);
    if (end == std::string_view::npos || end - at_ > longest_string) throw refusal("is cut short");
    std::string text(take(end - at_));
    take(1);
    return text;
  }

  // --- stack ---
  void push(Value value) {
    if (stack_.size() >= most_stack) throw refusal(fmt::format("needs a stack of more than {} values", most_stack));
    stack_.push_back(std::move(value));
  }
  Value pop() {
    if (stack_.empty() || std::holds_alternative<Mark>(stack_.back().v)) throw refusal("takes a value that is not there");
    Value value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }
  std::vector<Value> pop_to_mark() {
    std::vector<Value> values;
    while (!stack_.empty() && !std::holds_alternative<Mark>(stack_.back().v)) values.push_back(pop());
    if (stack_.empty()) throw refusal("takes a mark that is not there");
    stack_.pop_back();
    std::ranges::reverse(values);
    return values;
  }
  Value& top() {
    if (stack_.empty()) throw refusal("looks at a value that is not there");
    return stack_.back();
  }
  Container* make(Container::Kind kind) {
    count_items(1);
    return &arena_.emplace_back(Container{kind, {}, {}, {}});
  }
  // A memo entry can be put on the stack again and again: what is built in all is bounded, not only what is read.
  void count_items(std::size_t count) {
    items_ += count;
    if (items_ > most_items) throw refusal(fmt::format("builds more than {} values", most_items));
  }
  Value tuple(std::vector<Value> items) {
    Container* made = make(Container::Kind::tuple);
    count_items(items.size());
    made->items = std::move(items);
    return {made};
  }
  void tuple_of(std::size_t count) {
    std::vector<Value> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    push(tuple(std::move(items)));
  }

  // --- what values must be ---
  Container* container(Value& value, Container::Kind kind, const char* what) const {
    auto* held = std::get_if<Container*>(&value.v);
    if (held == nullptr || (*held)->kind != kind) throw refusal(fmt::format("{} is not what it must be there", what));
    return *held;
  }
  template <typename T>
  T& as(Value& value, const char* what) const {
    T* held = std::get_if<T>(&value.v);
    if (held == nullptr) throw refusal(fmt::format("{} is not what it must be there", what));
    return *held;
  }
  std::vector<std::int64_t> integers(Value& value, const char* what) const {
    std::vector<std::int64_t> numbers;
    Container* items = container(value, Container::Kind::tuple, what);
    if (items->items.size() > most_dimensions) throw refusal(fmt::format("a tensor has more than {} dimensions", most_dimensions));
    for (Value& item : items->items) {
      numbers.push_back(as<std::int64_t>(item, what));
      if (numbers.back() < 0) throw refusal(fmt::format("{} is negative", what));
    }
    return numbers;
  }

  void set_item(Container* dict, Value key, Value value) {
    count_items(1);
    std::string& name = as<std::string>(key, "a key");
    if (!dict->names.insert(name).second) throw refusal("the key " + name + " is there twice");
    dict->fields.emplace_back(std::move(name), std::move(value));
  }

  // --- the only names there are, and what they stand for ---
  void global() {
    const std::string module = line(), name = module + "." + line();
    if (name != ordered_dict && name != rebuild_tensor && name != rebuild_parameter && !storages().contains(name))
      throw refusal("names \"" + name + "\", which is no part of a tensor file");
    push({Global{name}});
  }

  void persistent_id() {
    Value id = pop();
    Container* parts = container(id, Container::Kind::tuple, "a storage");
    if (parts->items.size() != 5 || as<std::string>(parts->items[0], "a storage") != "storage") throw refusal("has a reference that is no storage");
    const auto type = storages().find(as<Global>(parts->items[1], "a storage's type").name);
    if (type == storages().end()) throw refusal("has a storage of no known type");
    const std::string& key = as<std::string>(parts->items[2], "a storage's key");
    as<std::string>(parts->items[3], "a storage's device");
    const std::int64_t elements = as<std::int64_t>(parts->items[4], "a storage's size");
    if (key.empty() || key.size() > 20 || !std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; }) || elements < 0)
      throw refusal("has a storage with an impossible key or size");
    push({Storage{type->second, key, static_cast<std::uint64_t>(elements)}});
  }

  void reduce() {
    Value arguments = pop(), callable = pop();
    const std::string name = as<Global>(callable, "what is called").name;
    auto& items = container(arguments, Container::Kind::tuple, "the arguments")->items;
    if (name == ordered_dict) {
      if (!items.empty()) throw refusal("makes an OrderedDict of something");
      push({make(Container::Kind::dict)});
    } else if (name == rebuild_tensor) {
      if (items.size() < 6 || items.size() > 7) throw refusal("rebuilds a tensor from the wrong number of parts");
      const Storage& storage = as<Storage>(items[0], "a tensor's storage");
      PickledTensor tensor{{"", storage.type, integers(items[2], "a shape")}, storage.key, storage.elements, as<std::int64_t>(items[1], "an offset"),
                           integers(items[3], "a stride")};
      if (tensor.offset < 0 || tensor.strides.size() != tensor.info.shape.size()) throw refusal("rebuilds a tensor with an impossible offset or strides");
      push({std::move(tensor)});
    } else if (name == rebuild_parameter) {
      if (items.size() != 3) throw refusal("rebuilds a parameter from the wrong number of parts");
      push({as<PickledTensor>(items[0], "a parameter")});
    } else {
      throw refusal("calls " + name);
    }
  }

  void long_integer() {
    const auto length = static_cast<int>(number(1));
    if (length > 8) throw refusal("has an integer of more than 64 bits");
    std::uint64_t value = number(length);
    if (length > 0 && length < 8 && (value >> (8 * length - 1) & 1) != 0) value |= ~std::uint64_t{0} << (8 * length);  // two's complement
    push({static_cast<std::int64_t>(value)});
  }

  void remember(std::uint64_t index) {
    if (index >= most_memo) throw refusal(fmt::format("uses a memo of more than {} values", most_memo));
    memo_[index] = top();
  }
  void recall(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) throw refusal("recalls a value that it did not remember");
    push(found->second);
  }

  // One opcode; true at the end.
  bool step() {
    opcode_at_ = at_;
    const char opcode = take(1).front();
    switch (opcode) {
      case '\x80':  // PROTO
        if (opcode_at_ != 0 || number(1) != 2) throw refusal("is not a pickle of protocol 2");
        return false;
      case '.': return true;                                // STOP
      case 'c': global(); return false;                     // GLOBAL
      case 'Q': persistent_id(); return false;              // BINPERSID
      case 'R': reduce(); return false;                     // REDUCE
      case 'b': {                                           // BUILD: a dict's attributes (_metadata), not needed
        Value state = pop();
        container(state, Container::Kind::dict, "a dict's attributes");
        container(top(), Container::Kind::dict, "what gets attributes");
        return false;
      }
      case '(': push({Mark{}}); return false;               // MARK
      case 't': push(tuple(pop_to_mark())); return false;   // TUPLE
      case ')': tuple_of(0); return false;                  // EMPTY_TUPLE
      case '\x85': tuple_of(1); return false;               // TUPLE1
      case '\x86': tuple_of(2); return false;               // TUPLE2
      case '\x87': tuple_of(3); return false;               // TUPLE3
      case '}': push({make(Container::Kind::dict)}); return false;  // EMPTY_DICT
      case ']': push({make(Container::Kind::list)}); return false;  // EMPTY_LIST
      case 'a': {                                           // APPEND
        Value item = pop();
        count_items(1);
        container(top(), Container::Kind::list, "a list")->items.push_back(std::move(item));
        return false;
      }
      case 'e': {                                           // APPENDS
        std::vector<Value> items = pop_to_mark();
        count_items(items.size());
        auto& list = container(top(), Container::Kind::list, "a list")->items;
        std::ranges::move(items, std::back_inserter(list));
        return false;
      }
      case 's': {                                           // SETITEM
        Value value = pop(), key = pop();
        set_item(container(top(), Container::Kind::dict, "a dict"), std::move(key), std::move(value));
        return false;
      }
      case 'u': {                                           // SETITEMS
        std::vector<Value> items = pop_to_mark();
        Container* dict = container(top(), Container::Kind::dict, "a dict");
        if (items.size() % 2 != 0) throw refusal("sets a key without a value");
        for (std::size_t i = 0; i < items.size(); i += 2) set_item(dict, std::move(items[i]), std::move(items[i + 1]));
        return false;
      }
      case 'N': push({None{}}); return false;               // NONE
      case '\x88': push({true}); return false;              // NEWTRUE
      case '\x89': push({false}); return false;             // NEWFALSE
      case 'J': push({static_cast<std::int64_t>(static_cast<std::int32_t>(number(4)))}); return false;  // BININT
      case 'K': push({static_cast<std::int64_t>(number(1))}); return false;                             // BININT1
      case 'M': push({static_cast<std::int64_t>(number(2))}); return false;                             // BININT2
      case '\x8a': long_integer(); return false;                                                        // LONG1
      case 'G': {                                                                                       // BINFLOAT: big-endian
        std::uint64_t bits = 0;
        for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
        push({std::bit_cast<double>(bits)});
        return false;
      }
      case 'X': {                                           // BINUNICODE
        const std::uint64_t length = number(4);
        if (length > longest_string) throw refusal("has a text of more than a mebibyte");
        push({std::string(take(length))});
        return false;
      }
      case 'h': recall(number(1)); return false;            // BINGET
      case 'j': recall(number(4)); return false;            // LONG_BINGET
      case 'q': remember(number(1)); return false;          // BINPUT
      case 'r': remember(number(4)); return false;          // LONG_BINPUT
      default: throw refusal(fmt::format("has the opcode 0x{:02x}, which no tensor file needs", static_cast<unsigned char>(opcode)));
    }
  }

  std::string_view pickle_;
  const std::string& where_;
  std::size_t at_ = 0, opcode_at_ = 0, items_ = 0;
  std::vector<Value> stack_;
  std::map<std::uint64_t, Value> memo_;
  std::deque<Container> arena_;
};

}  // namespace

std::vector<PickledTensor> read_pickled_state_dict(std::string_view pickle, const std::string& where) { return Machine(pickle, where).run(); }

}  // namespace lorasweep
