// SPDX-License-Identifier: Apache-2.0
#include "data/formats/pickle.h"

#include "data/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

constexpr std::size_t most_stack = 100'000, most_memo = 1'000'000, most_items = 1'000'000, longest_string = 1u << 20,
                      longest_name = 1024, most_dimensions = 8;
constexpr const char* never_run =
    "lorasweep reads tensors only and runs nothing: if you trust the file, load it with PyTorch and save it "
    "as safetensors";

// All that a state dict needs, named as in Python's pickletools.
enum class Opcode : unsigned char {
  proto = 0x80,
  global = 'c',
  binpersid = 'Q',
  reduce = 'R',
  build = 'b',
  mark = '(',
  tuple = 't',
  empty_tuple = ')',
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  empty_dict = '}',
  empty_list = ']',
  append = 'a',
  appends = 'e',
  setitem = 's',
  setitems = 'u',
  none = 'N',
  newtrue = 0x88,
  newfalse = 0x89,
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  long1 = 0x8a,
  binfloat = 'G',
  binunicode = 'X',
  binget = 'h',
  long_binget = 'j',
  binput = 'q',
  long_binput = 'r',
  stop = '.',
};

struct None {};
struct Mark {};
struct Global {
  std::string_view name;  // "torch.FloatStorage"; a constant of this file
};
struct Storage {
  DType type;
  std::string_view key;
  std::uint64_t elements;
};
struct Container;
// Small, and cheap to copy: a memo entry of a few bytes can be recalled a million times. Texts are views of
// the pickle; tensors and containers live in the machine's arenas, so that a pickle may nest or close circles
// as it likes and destruction stays flat.
struct Value {
  std::variant<None, Mark, bool, std::int64_t, double, std::string_view, Global, Storage, const PickledTensor*,
               Container*>
      v;
};
struct Container {
  enum class Kind { tuple, list, dict } kind;
  std::vector<Value> items;                                // tuple, list
  std::vector<std::pair<std::string_view, Value>> fields;  // dict
  std::set<std::string_view> names;                        // of fields
};

const std::map<std::string_view, DType>& storages() {
  static const std::map<std::string_view, DType> known = {
      {"torch.FloatStorage", DType::f32},   {"torch.HalfStorage", DType::f16}, {"torch.BFloat16Storage", DType::bf16},
      {"torch.DoubleStorage", DType::f64},  {"torch.LongStorage", DType::i64}, {"torch.IntStorage", DType::i32},
      {"torch.ShortStorage", DType::i16},   {"torch.CharStorage", DType::i8},  {"torch.ByteStorage", DType::u8},
      {"torch.BoolStorage", DType::boolean}};
  return known;
}
constexpr std::string_view ordered_dict = "collections.OrderedDict";
constexpr std::string_view rebuild_tensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view rebuild_parameter = "torch._utils._rebuild_parameter";

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

class Machine {
 public:
  Machine(std::string_view pickle, const std::string& where) : pickle_(pickle), where_(where) {}

  std::vector<PickledTensor> run() {
    for (Opcode opcode = next(); opcode != Opcode::stop; opcode = next()) execute(opcode);
    if (at_ != pickle_.size()) throw refusal("has something behind its end");
    if (stack_.size() != 1) throw refusal("does not leave one value");
    Container* dict = container(stack_.back(), Container::Kind::dict, "the whole");
    std::vector<PickledTensor> tensors;
    for (const auto& [name, value] : dict->fields) {
      if (!is_plain_name(name)) throw refusal("names a tensor with other than 1 to 1024 printable ASCII characters");
      auto* tensor = std::get_if<const PickledTensor*>(&value.v);
      if (tensor == nullptr) throw InputError(fmt::format("{}, key {}", where_, name), "is not a tensor", never_run);
      tensors.push_back(**tensor);
      tensors.back().info.name = name;
    }
    return tensors;
  }

 private:
  InputError refusal(const std::string& what) const {
    return {fmt::format("{}, byte {} of its pickle", where_, opcode_at_), what, never_run};
  }

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
    for (int i = 0; i < width; ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
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
    if (stack_.empty() || std::holds_alternative<Mark>(stack_.back().v))
      throw refusal("takes a value that is not there");
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
    return &containers_.emplace_back(Container{kind, {}, {}, {}});
  }
  // A memo entry can be put on the stack again and again: what is built in all is bounded, not only what is
  // read.
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
  Container* container(const Value& value, Container::Kind kind, const char* what) const {
    const auto* held = std::get_if<Container*>(&value.v);
    if (held == nullptr || (*held)->kind != kind) throw refusal(fmt::format("{} is not what it must be there", what));
    return *held;
  }
  template <typename T>
  const T& as(const Value& value, const char* what) const {
    const T* held = std::get_if<T>(&value.v);
    if (held == nullptr) throw refusal(fmt::format("{} is not what it must be there", what));
    return *held;
  }
  std::vector<std::int64_t> integers(const Value& value, const char* what) const {
    std::vector<std::int64_t> numbers;
    Container* items = container(value, Container::Kind::tuple, what);
    if (items->items.size() > most_dimensions)
      throw refusal(fmt::format("a tensor has more than {} dimensions", most_dimensions));
    for (const Value& item : items->items) {
      numbers.push_back(as<std::int64_t>(item, what));
      if (numbers.back() < 0) throw refusal(fmt::format("{} is negative", what));
    }
    return numbers;
  }

  void set_item(Container* dict, const Value& key, const Value& value) {
    count_items(1);
    const std::string_view name = as<std::string_view>(key, "a key");
    if (!dict->names.insert(name).second)
      throw refusal(fmt::format("has the key {} twice", name.substr(0, longest_name)));
    dict->fields.emplace_back(name, value);
  }

  // --- the only names there are, and what they stand for ---
  void global() {
    const std::string module = line(), name = module + "." + line();
    for (const std::string_view known : {ordered_dict, rebuild_tensor, rebuild_parameter})
      if (name == known) return push({Global{known}});
    const auto storage = storages().find(name);
    if (storage == storages().end())
      throw refusal(fmt::format("names \"{}\", which is no part of a tensor file", name.substr(0, longest_name)));
    push({Global{storage->first}});
  }

  void persistent_id() {
    Value id = pop();
    Container* parts = container(id, Container::Kind::tuple, "a storage");
    if (parts->items.size() != 5 || as<std::string_view>(parts->items[0], "a storage") != "storage")
      throw refusal("has a reference that is no storage");
    const auto type = storages().find(as<Global>(parts->items[1], "a storage's type").name);
    if (type == storages().end()) throw refusal("has a storage of no known type");
    const std::string_view key = as<std::string_view>(parts->items[2], "a storage's key");
    as<std::string_view>(parts->items[3], "a storage's device");
    const std::int64_t elements = as<std::int64_t>(parts->items[4], "a storage's size");
    if (key.empty() || key.size() > 20 || !std::ranges::all_of(key, [](char c) { return c >= '0' && c <= '9'; }) ||
        elements < 0)
      throw refusal("has a storage with an impossible key or size");
    push({Storage{type->second, key, static_cast<std::uint64_t>(elements)}});
  }

  void reduce() {
    Value arguments = pop(), callable = pop();
    const std::string_view name = as<Global>(callable, "what is called").name;
    auto& items = container(arguments, Container::Kind::tuple, "the arguments")->items;
    if (name == ordered_dict) {
      if (!items.empty()) throw refusal("makes an OrderedDict of something");
      push({make(Container::Kind::dict)});
    } else if (name == rebuild_tensor) {
      if (items.size() < 6 || items.size() > 7) throw refusal("rebuilds a tensor from the wrong number of parts");
      const Storage& storage = as<Storage>(items[0], "a tensor's storage");
      PickledTensor tensor{{"", storage.type, integers(items[2], "a shape")},
                           std::string(storage.key),
                           storage.elements,
                           as<std::int64_t>(items[1], "an offset"),
                           integers(items[3], "a stride")};
      if (tensor.offset < 0 || tensor.strides.size() != tensor.info.shape.size())
        throw refusal("rebuilds a tensor with an impossible offset or strides");
      count_items(1);
      push({&tensors_.emplace_back(std::move(tensor))});
    } else if (name == rebuild_parameter) {
      if (items.size() != 3) throw refusal("rebuilds a parameter from the wrong number of parts");
      push({as<const PickledTensor*>(items[0], "a parameter")});
    } else {
      throw refusal(fmt::format("calls {}", name));
    }
  }

  void long_integer() {
    const auto length = static_cast<int>(number(1));
    if (length > 8) throw refusal("has an integer of more than 64 bits");
    std::uint64_t value = number(length);
    if (length > 0 && length < 8 && (value >> (8 * length - 1) & 1) != 0)
      value |= ~std::uint64_t{0} << (8 * length);  // two's complement
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

  void protocol() {
    if (opcode_at_ != 0 || number(1) != 2) throw refusal("is not a pickle of protocol 2");
  }
  void set_attributes() {  // of an OrderedDict: _metadata, which nobody here needs
    Value state = pop();
    container(state, Container::Kind::dict, "a dict's attributes");
    container(top(), Container::Kind::dict, "what gets attributes");
  }
  void append(std::vector<Value> items) {
    count_items(items.size());
    auto& list = container(top(), Container::Kind::list, "a list")->items;
    list.insert(list.end(), items.begin(), items.end());
  }
  void set_items(const std::vector<Value>& items) {
    Container* dict = container(top(), Container::Kind::dict, "a dict");
    if (items.size() % 2 != 0) throw refusal("sets a key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2) set_item(dict, items[i], items[i + 1]);
  }
  void set_one_item() {
    Value value = pop(), key = pop();
    set_item(container(top(), Container::Kind::dict, "a dict"), key, value);
  }
  void floating() {  // the one big-endian number
    std::uint64_t bits = 0;
    for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
    push({std::bit_cast<double>(bits)});
  }
  void text() {
    const std::uint64_t length = number(4);
    if (length > longest_string) throw refusal("has a text of more than a mebibyte");
    push({take(length)});
  }

  Opcode next() {
    opcode_at_ = at_;
    return static_cast<Opcode>(take(1).front());
  }
  void execute(Opcode opcode) {
    switch (opcode) {
      case Opcode::proto: return protocol();
      case Opcode::global: return global();
      case Opcode::binpersid: return persistent_id();
      case Opcode::reduce: return reduce();
      case Opcode::build: return set_attributes();
      case Opcode::mark: return push({Mark{}});
      case Opcode::tuple: return push(tuple(pop_to_mark()));
      case Opcode::empty_tuple: return tuple_of(0);
      case Opcode::tuple1: return tuple_of(1);
      case Opcode::tuple2: return tuple_of(2);
      case Opcode::tuple3: return tuple_of(3);
      case Opcode::empty_dict: return push({make(Container::Kind::dict)});
      case Opcode::empty_list: return push({make(Container::Kind::list)});
      case Opcode::append: return append({pop()});
      case Opcode::appends: return append(pop_to_mark());
      case Opcode::setitem: return set_one_item();
      case Opcode::setitems: return set_items(pop_to_mark());
      case Opcode::none: return push({None{}});
      case Opcode::newtrue: return push({true});
      case Opcode::newfalse: return push({false});
      case Opcode::binint: return push({static_cast<std::int64_t>(static_cast<std::int32_t>(number(4)))});
      case Opcode::binint1: return push({static_cast<std::int64_t>(number(1))});
      case Opcode::binint2: return push({static_cast<std::int64_t>(number(2))});
      case Opcode::long1: return long_integer();
      case Opcode::binfloat: return floating();
      case Opcode::binunicode: return text();
      case Opcode::binget: return recall(number(1));
      case Opcode::long_binget: return recall(number(4));
      case Opcode::binput: return remember(number(1));
      case Opcode::long_binput: return remember(number(4));
      case Opcode::stop: break;  // run() ends there
    }
    throw refusal(
        fmt::format("has the opcode 0x{:02x}, which no tensor file needs", static_cast<unsigned char>(opcode)));
  }

  std::string_view pickle_;
  const std::string& where_;
  std::size_t at_ = 0, opcode_at_ = 0, items_ = 0;
  std::vector<Value> stack_;
  std::map<std::uint64_t, Value> memo_;
  std::deque<Container> containers_;
  std::deque<PickledTensor> tensors_;
};

}  // namespace

std::vector<PickledTensor> read_pickled_state_dict(std::string_view pickle, const std::string& where) {
  return Machine(pickle, where).run();
}

}  // namespace lorasweep
