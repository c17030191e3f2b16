// SPDX-License-Identifier: Apache-2.0
// A stack machine that knows the opcodes of a state dict and no others.
#include "data/formats/pickle.h"

#include "data/core/error.h"
#include "data/formats/pickled_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <variant>

namespace lorasweep {
namespace {

constexpr std::size_t most_stack = 100'000, most_memo = 1'000'000, most_items = 1'000'000, longest_string = 1u << 20,
                      longest_name = 1024;
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

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

class Machine {
 public:
  Machine(std::string_view pickle, const std::string& where) : pickle_(pickle), where_(where) {}

  std::vector<PickledTensor> run() {
    try {
      for (Opcode opcode = next(); opcode != Opcode::stop; opcode = next()) execute(opcode);
      if (at_ != pickle_.size()) throw PickleRefusal{"has something after its end"};
      if (stack_.size() != 1) throw PickleRefusal{"does not leave one value"};
      return tensors_of(*require_dict(stack_.back(), "the whole"));
    } catch (const PickleRefusal& refusal) {
      throw InputError(fmt::format("{}, byte {} of its pickle", where_, opcode_at_), refusal.what, never_run);
    }
  }

 private:
  std::vector<PickledTensor> tensors_of(const Container& dict) const {
    std::vector<PickledTensor> tensors;
    for (const auto& [name, value] : dict.fields) {
      if (!is_plain_name(name))
        throw PickleRefusal{"names a tensor with other than 1 to 1024 printable ASCII characters"};
      auto* tensor = std::get_if<const PickledTensor*>(&value.v);
      if (tensor == nullptr) refuse_value(name, value);
      tensors.push_back(**tensor);
      tensors.back().info.name = name;
    }
    return tensors;
  }

  // Trainers put a state dict below a key, beside their own notes.
  [[noreturn]] void refuse_value(std::string_view name, const Value& value) const {
    const std::string where = fmt::format("{}, key {}", where_, name);
    Container* const* const held = std::get_if<Container*>(&value.v);
    const auto is_tensor = [](const auto& field) {
      return std::holds_alternative<const PickledTensor*>(field.second.v);
    };
    if (held == nullptr || !(*held)->is_dict() || !std::ranges::any_of((*held)->fields, is_tensor))
      throw InputError(where, "is not a tensor", never_run);
    throw InputError(
        where,
        fmt::format("is a dictionary of {} tensors, not a tensor: the file is a checkpoint of a trainer",
                    std::ranges::count_if((*held)->fields, is_tensor)),
        fmt::format("load it with PyTorch if you trust it, and save what is below \"{}\" as a file of its own", name));
  }

  // --- bytes ---
  std::string_view take(std::size_t count) {
    if (count > pickle_.size() - at_) throw PickleRefusal{"is cut short"};
    const auto taken = pickle_.substr(at_, count);
    at_ += count;
    return taken;
  }
  std::uint64_t number(int width) {
    std::uint64_t value = 0;
    const auto bytes = take(width);
    for (int i = 0; i < width; ++i) value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
  }
  std::string line() {
    const std::size_t end = pickle_.find('\n', at_);
    if (end == std::string_view::npos || end - at_ > longest_string) throw PickleRefusal{"is cut short"};
    std::string text(take(end - at_));
    take(1);
    return text;
  }

  // --- stack ---
  void push(Value value) {
    if (stack_.size() >= most_stack)
      throw PickleRefusal{fmt::format("needs a stack of more than {} values", most_stack)};
    stack_.push_back(std::move(value));
  }
  void push_integer(std::int64_t value) { push({value}); }
  Value pop() {
    if (stack_.empty() || std::holds_alternative<Mark>(stack_.back().v))
      throw PickleRefusal{"takes a value that is not there"};
    Value value = std::move(stack_.back());
    stack_.pop_back();
    return value;
  }
  std::vector<Value> pop_to_mark() {
    std::vector<Value> values;
    while (!stack_.empty() && !std::holds_alternative<Mark>(stack_.back().v)) values.push_back(pop());
    if (stack_.empty()) throw PickleRefusal{"takes a mark that is not there"};
    stack_.pop_back();
    std::ranges::reverse(values);
    return values;
  }
  Value& top() {
    if (stack_.empty()) throw PickleRefusal{"looks at a value that is not there"};
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
    if (items_ > most_items) throw PickleRefusal{fmt::format("builds more than {} values", most_items)};
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

  void set_item(Container* dict, const Value& key, const Value& value) {
    count_items(1);
    const std::string_view name = require<std::string_view>(key, "a key");
    if (!dict->names.insert(name).second)
      throw PickleRefusal{fmt::format("has the key {} twice", name.substr(0, longest_name))};
    dict->fields.emplace_back(name, value);
  }

  void global() {
    const std::string module = line(), name = module + "." + line();
    const std::optional<Global> known = known_global(name);
    if (!known)
      throw PickleRefusal{
          fmt::format("names \"{}\", which is not part of a tensor file", name.substr(0, longest_name))};
    push({*known});
  }
  void persistent_id() {
    const Value id = pop();
    push({storages_.find(id)});
  }
  void reduce() {
    const Value arguments = pop(), callable = pop();
    const std::string_view name = require<Global>(callable, "what is called").name;
    const auto& items = require_container(arguments, Container::Kind::tuple, "the tuple of arguments")->items;
    if (name == ordered_dict) {
      if (!items.empty()) throw PickleRefusal{"makes an OrderedDict with arguments"};
      push({make(Container::Kind::ordered_dict)});
    } else if (name == rebuild_tensor) {
      count_items(1);
      push({&tensors_.emplace_back(rebuilt_tensor(items))});
    } else if (name == rebuild_parameter) {
      push({rebuilt_parameter(items)});
    } else {
      throw PickleRefusal{fmt::format("calls {}", name)};
    }
  }

  void long_integer() {
    const auto length = static_cast<int>(number(1));
    if (length > 8) throw PickleRefusal{"has an integer of more than 64 bits"};
    std::uint64_t value = number(length);
    if (length > 0 && length < 8 && (value >> (8 * length - 1) & 1) != 0)
      value |= ~std::uint64_t{0} << (8 * length);  // two's complement
    push_integer(value);
  }

  void remember(std::uint64_t index) {
    if (index >= most_memo) throw PickleRefusal{fmt::format("uses a memo of more than {} values", most_memo)};
    if (std::holds_alternative<Mark>(top().v)) throw PickleRefusal{"remembers a mark"};
    memo_[index] = top();
  }
  void recall(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) throw PickleRefusal{"recalls a value that it did not remember"};
    push(found->second);
  }

  void protocol() {
    if (opcode_at_ != 0 || number(1) != 2) throw PickleRefusal{"is not a pickle of protocol 2"};
  }
  void set_attributes() {
    const Value state = pop();
    require_metadata(top(), state);
  }
  void append(std::vector<Value> items) {
    count_items(items.size());
    auto& list = require_container(top(), Container::Kind::list, "a list")->items;
    list.insert(list.end(), items.begin(), items.end());
  }
  void set_items(const std::vector<Value>& items) {
    Container* dict = require_dict(top(), "a dict");
    if (items.size() % 2 != 0) throw PickleRefusal{"sets a key without a value"};
    for (std::size_t i = 0; i < items.size(); i += 2) set_item(dict, items[i], items[i + 1]);
  }
  void set_one_item() {
    Value value = pop(), key = pop();
    set_item(require_dict(top(), "a dict"), key, value);
  }
  void floating() {  // the one big-endian number
    std::uint64_t bits = 0;
    for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
    push({std::bit_cast<double>(bits)});
  }
  void text() {
    const std::uint64_t length = number(4);
    if (length > longest_string) throw PickleRefusal{"has a string of more than a mebibyte"};
    const std::string_view bytes = take(length);  // read as UTF-8 by PyTorch; names need no more than ASCII
    if (std::ranges::any_of(bytes, [](char c) { return (c & 0x80) != 0; }))
      throw PickleRefusal{"has a string that is not ASCII"};
    push({bytes});
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
      case Opcode::binint: return push_integer(static_cast<std::int32_t>(number(4)));
      case Opcode::binint1: return push_integer(number(1));
      case Opcode::binint2: return push_integer(number(2));
      case Opcode::long1: return long_integer();
      case Opcode::binfloat: return floating();
      case Opcode::binunicode: return text();
      case Opcode::binget: return recall(number(1));
      case Opcode::long_binget: return recall(number(4));
      case Opcode::binput: return remember(number(1));
      case Opcode::long_binput: return remember(number(4));
      case Opcode::stop: break;  // run() ends there
    }
    throw PickleRefusal{
        fmt::format("has the opcode 0x{:02x}, which no tensor file needs", static_cast<unsigned char>(opcode))};
  }

  std::string_view pickle_;
  const std::string& where_;
  std::size_t at_ = 0, opcode_at_ = 0, items_ = 0;
  std::vector<Value> stack_;
  std::map<std::uint64_t, Value> memo_;
  std::deque<Container> containers_;
  std::deque<PickledTensor> tensors_;
  NamedStorages storages_;
};

}  // namespace

std::vector<PickledTensor> read_pickled_state_dict(std::string_view pickle, const std::string& where) {
  return Machine(pickle, where).run();
}

}  // namespace lorasweep
