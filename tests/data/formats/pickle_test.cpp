// SPDX-License-Identifier: Apache-2.0
// The pickle of a state dict is read; every other opcode, name, type and size is refused, and nothing is ever
// run.
#include "data/formats/pickle.h"

#include "tests/data/formats/built_bytes.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace lorasweep {
namespace {

using namespace pickled;
using testing::ElementsAre;

Refusal refusal(const std::string& pickle) {
  return refusal_of([&] { read_pickled_state_dict(pickle, "f"); });
}

TEST(Pickle, GivesTheTensorsOfAStateDict) {
  const auto tensors = read_pickled_state_dict(proto + empty_dict + mark + text("a") + tensor() + text("b") +
                                                   tensor({.storage_type = "BFloat16Storage",
                                                           .key = "17",
                                                           .elements = 9,
                                                           .offset = 3,
                                                           .shape = {},
                                                           .strides = {}}) +
                                                   setitems + stop,
                                               "f");
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].info.name, "a");
  EXPECT_EQ(tensors[0].info.dtype, DType::f32);
  EXPECT_THAT(tensors[0].info.shape, ElementsAre(2, 3));
  EXPECT_THAT(tensors[0].strides, ElementsAre(3, 1));
  EXPECT_EQ(tensors[0].storage, "0");
  EXPECT_EQ(tensors[1].info.dtype, DType::bf16);
  EXPECT_EQ(tensors[1].storage, "17");
  EXPECT_EQ(tensors[1].storage_elements, 9u);
  EXPECT_EQ(tensors[1].offset, 3);
}

TEST(Pickle, GivesThoseOfAnOrderedDictWithMetadata) {
  const std::string metadata = empty_dict + text("_metadata") + ordered + text("") + empty_dict + text("version") +
                               integer(1) + setitem + setitem + setitem;
  EXPECT_EQ(
      read_pickled_state_dict(proto + ordered + text("w") + tensor() + setitem + metadata + build + stop, "f").size(),
      1u);
}

TEST(Pickle, GivesThoseOfParametersAndOfTheMemo) {
  const std::string parameter = global("torch._utils", "_rebuild_parameter") + mark + tensor() + newfalse +
                                global("collections", "OrderedDict") + empty_tuple + reduce + tuple + reduce;
  const auto tensors = read_pickled_state_dict(
      proto + empty_dict + mark + text("a") + parameter + binput(7) + text("b") + binget(7) + setitems + stop, "f");
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].info.name, "a");
  EXPECT_EQ(tensors[1].info.name, "b");
  EXPECT_THAT(tensors[1].info.shape, ElementsAre(2, 3));
}

TEST(Pickle, ReadsIntegersOfEveryWidth) {
  const auto with_size = [](const std::string& size) {
    const std::string pickle = proto + empty_dict + text("w") + global("torch._utils", "_rebuild_tensor_v2") + mark +
                               mark + text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu") +
                               size + tuple + binpersid + integer(0) + empty_tuple + empty_tuple + newfalse + ordered +
                               tuple + reduce + setitem + stop;
    return read_pickled_state_dict(pickle, "f").at(0).storage_elements;
  };
  EXPECT_EQ(with_size("K\xff"), 255u);
  EXPECT_EQ(with_size("M\xff\xff"), 65535u);
  EXPECT_EQ(with_size("J\xff\xff\xff\x7f"), 0x7fffffffu);
  EXPECT_EQ(with_size(std::string("\x8a\0", 2)), 0u);
  EXPECT_EQ(with_size(std::string("\x8a\x03\xff\xff\0", 5)), 65535u);
  EXPECT_EQ(with_size(integer(std::int64_t{1} << 40)), std::uint64_t{1} << 40);
  EXPECT_THAT(refusal_of([&] { with_size("J\xff\xff\xff\xff"); }),
              Refused(ExitCode::bad_input, "f, byte", {"storage", "key", "size"}));
  EXPECT_THAT(refusal_of([&] { with_size("\x8a\x01\xff"); }),
              Refused(ExitCode::bad_input, "f, byte", {"storage", "key", "size"}));
  EXPECT_THAT(refusal_of([&] { with_size("\x8a\x09" + std::string(9, 'x')); }),
              Refused(ExitCode::bad_input, "f, byte", {"integer", "64 bits"}));
}

TEST(Pickle, RefusesEveryNameButThoseOfTensors) {
  EXPECT_THAT(refusal(proto + global("os", "system") + text("true") + tuple1 + reduce + stop),
              Refused(ExitCode::bad_input, "f, byte 2", {"os.system"}));
  for (const auto& [module, name] : {std::pair{"posix", "system"},
                                     {"nt", "system"},
                                     {"builtins", "eval"},
                                     {"__builtin__", "eval"},
                                     {"builtins", "getattr"},
                                     {"subprocess", "Popen"},
                                     {"operator", "attrgetter"},
                                     {"importlib", "import_module"},
                                     {"pkgutil", "resolve_name"},
                                     {"typing", "get_type_hints"},
                                     {"runpy", "run_path"},
                                     {"torch", "load"},
                                     {"torch", "FloatStorage.dtype"},
                                     {"torch._utils", "_rebuild_tensor"},
                                     {"torch.storage", "_load_from_bytes"},
                                     {"collections", "defaultdict"},
                                     {"numpy.core.multiarray", "_reconstruct"},
                                     {"", "FloatStorage"},
                                     {"torch.FloatStorage", ""},
                                     {"torch ", "FloatStorage"},
                                     {"Torch", "FloatStorage"}})
    EXPECT_THAT(refusal(state_dict(global(module, name))),
                Refused(ExitCode::bad_input, "f, byte", {std::string(module) + "." + name}));
}

std::string in_hex(int byte) {
  const std::string digits = "0123456789abcdef";
  return std::string("0x") + digits[static_cast<std::size_t>(byte / 16)] + digits[static_cast<std::size_t>(byte % 16)];
}

TEST(Pickle, RefusesEveryOpcodeThatNoTensorFileNeeds) {
  const std::string allowed =
      "\x80\x85\x86\x87\x88\x89\x8a"
      "cQRb(t)}]aesuNJKMGXhjqr.";
  const std::set<char> known(allowed.begin(), allowed.end());
  for (int code = 0; code < 256; ++code) {
    if (known.contains(static_cast<char>(code))) continue;
    const std::string pickle = proto + empty_dict + static_cast<char>(code) + std::string(16, '\n') + stop;
    EXPECT_THAT(refusal(pickle), Refused(ExitCode::bad_input, "f, byte 3", {"opcode", in_hex(code)})) << code;
  }
}

TEST(Pickle, RefusesOtherProtocols) {
  EXPECT_THAT(refusal("\x80\x04" + empty_dict + stop), Refused(ExitCode::bad_input, "f, byte", {"protocol 2"}));
  EXPECT_THAT(refusal(proto + empty_dict + proto + stop), Refused(ExitCode::bad_input, "f, byte", {"protocol 2"}));
}

TEST(Pickle, IsRefusedCutAtAnyByteOrWithBytesBehind) {
  const std::string whole = state_dict(tensor());
  EXPECT_THAT(refusal(whole), Accepted());
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THAT(refusal(whole.substr(0, length)), Refused(ExitCode::bad_input)) << length;
  EXPECT_THAT(refusal(whole + "x"), Refused(ExitCode::bad_input, "f, byte", {"end"}));
}

TEST(Pickle, IsRefusedWhereTheWholeIsNoDictOfTensors) {
  EXPECT_THAT(refusal(proto + tensor() + stop), Refused(ExitCode::bad_input, "f, byte", {"whole"}));
  EXPECT_THAT(refusal(proto + empty_list + stop), Refused(ExitCode::bad_input, "f, byte", {"whole"}));
  EXPECT_THAT(refusal(proto + stop), Refused(ExitCode::bad_input, "f, byte", {"one value"}));
  EXPECT_THAT(refusal(proto + empty_dict + empty_dict + stop), Refused(ExitCode::bad_input, "f, byte", {"one value"}));
  EXPECT_THAT(refusal(state_dict(integer(1))), Refused(ExitCode::bad_input, "f, key w", {"tensor"}));
  EXPECT_THAT(refusal(state_dict(empty_dict)), Refused(ExitCode::bad_input, "f, key w", {"tensor"}));
  EXPECT_THAT(refusal(state_dict(global("torch", "FloatStorage"))),
              Refused(ExitCode::bad_input, "f, key w", {"tensor"}));
}

// {"w": {"a": tensor, "b": tensor, "step": 1}}: trainers write so.
TEST(Pickle, NamesTheKeyBelowWhichATrainerPutTheTensors) {
  const std::string inner =
      empty_dict + mark + text("a") + tensor() + text("b") + tensor() + text("step") + integer(1) + setitems;
  const Refusal refused = refusal(state_dict(inner));
  EXPECT_THAT(refused, Refused(ExitCode::bad_input, "f, key w", {"2 tensors", "trainer"}));
  EXPECT_THAT(refused.remedy, testing::HasSubstr("\"w\""));
}

TEST(Pickle, RefusesKeysThatAreTwiceOrNoNames) {
  EXPECT_THAT(refusal(proto + empty_dict + mark + text("w") + tensor() + text("w") + tensor() + setitems + stop),
              Refused(ExitCode::bad_input, "f, byte", {"key w", "twice"}));
  EXPECT_THAT(refusal(proto + empty_dict + integer(1) + tensor() + setitem + stop),
              Refused(ExitCode::bad_input, "f, byte", {"key", "type"}));
  EXPECT_THAT(refusal(proto + empty_dict + mark + text("w") + setitems + stop),
              Refused(ExitCode::bad_input, "f, byte", {"key", "without a value"}));
  for (const std::string& name :
       {std::string(), std::string("\x7f"), std::string("a\0", 2), std::string("a b"), std::string(1025, 'a')})
    EXPECT_THAT(refusal(proto + empty_dict + text(name) + tensor() + setitem + stop),
                Refused(ExitCode::bad_input, "f, byte", {"1 to 1024", "ASCII"}))
        << name;
}

TEST(Pickle, SetsItemsOnlyOfDictsAndAppendsOnlyToLists) {
  EXPECT_THAT(refusal(proto + empty_list + text("w") + tensor() + setitem + stop),
              Refused(ExitCode::bad_input, "f, byte", {"a dict"}));
  EXPECT_THAT(refusal(proto + empty_list + mark + text("w") + tensor() + setitems + stop),
              Refused(ExitCode::bad_input, "f, byte", {"a dict"}));
  EXPECT_THAT(refusal(proto + tensor() + text("w") + tensor() + setitem + stop),
              Refused(ExitCode::bad_input, "f, byte", {"a dict"}));
  EXPECT_THAT(refusal(proto + empty_dict + text("w") + append + stop),
              Refused(ExitCode::bad_input, "f, byte", {"a list"}));
  EXPECT_THAT(refusal(proto + empty_dict + mark + text("w") + appends + stop),
              Refused(ExitCode::bad_input, "f, byte", {"a list"}));
}

TEST(Pickle, BuildsNothingButADictsAttributes) {
  EXPECT_THAT(refusal(state_dict(tensor() + empty_dict + build)),
              Refused(ExitCode::bad_input, "f, byte", {"gets attributes"}));
  EXPECT_THAT(refusal(proto + empty_dict + empty_tuple + build + stop),
              Refused(ExitCode::bad_input, "f, byte", {"the state of a dict"}));
  EXPECT_THAT(refusal(state_dict(global("torch", "FloatStorage") + empty_dict + build)),
              Refused(ExitCode::bad_input, "f, byte", {"gets attributes"}));
}

TEST(Pickle, GivesAttributesToOrderedDictsOnlyAndOnlyMetadata) {
  const std::string state = empty_dict + text("_metadata") + ordered + setitem;
  EXPECT_THAT(refusal(proto + ordered + text("w") + tensor() + setitem + state + build + stop), Accepted());
  EXPECT_THAT(refusal(proto + empty_dict + text("w") + tensor() + setitem + state + build + stop),
              Refused(ExitCode::bad_input, "f, byte", {"gets attributes"}));
  const std::string items = empty_dict + text("items") + none + setitem;  // hides the method of that name
  EXPECT_THAT(refusal(proto + ordered + text("w") + tensor() + setitem + items + build + stop),
              Refused(ExitCode::bad_input, "f, byte", {"attribute items"}));
}

TEST(Pickle, RefusesTensorsThatPyTorchWouldNotMake) {
  for (const std::string& requires_grad : {none, integer(1), text("yes"), empty_tuple})
    EXPECT_THAT(refusal(state_dict(tensor({.requires_grad = requires_grad}))),
                Refused(ExitCode::bad_input, "f, byte", {"requires_grad"}));
  for (const std::string& hooks : {none, integer(1), empty_dict, empty_list, tensor()})
    EXPECT_THAT(refusal(state_dict(tensor({.hooks = hooks}))),
                Refused(ExitCode::bad_input, "f, byte", {"hooks", "type"}));
  EXPECT_THAT(refusal(state_dict(tensor({.hooks = ordered + text("hook") + none + setitem}))),
              Refused(ExitCode::bad_input, "f, byte", {"has hooks"}));
  EXPECT_THAT(refusal(state_dict(tensor({.requires_grad = newtrue}))), Accepted());
  EXPECT_THAT(refusal(state_dict(tensor({.storage_type = "IntStorage", .requires_grad = newtrue}))),
              Refused(ExitCode::bad_input, "f, byte", {"integers", "gradients"}));
  const auto parameter = [](const std::string& requires_grad, const std::string& hooks) {
    return state_dict(global("torch._utils", "_rebuild_parameter") + tensor() + requires_grad + hooks + tuple3 +
                      reduce);
  };
  EXPECT_THAT(refusal(parameter(newtrue, ordered)), Accepted());
  EXPECT_THAT(refusal(parameter(integer(7), ordered)), Refused(ExitCode::bad_input, "f, byte", {"requires_grad"}));
  EXPECT_THAT(refusal(parameter(newtrue, text("z"))), Refused(ExitCode::bad_input, "f, byte", {"hooks", "type"}));
}

TEST(Pickle, RefusesMetadataThatWouldChangeValues) {
  for (const std::string& nothing : {none, empty_dict})
    EXPECT_THAT(refusal(state_dict(tensor({.metadata = nothing}))), Accepted());
  EXPECT_THAT(refusal(state_dict(tensor({.metadata = empty_dict + text("neg") + newtrue + setitem}))),
              Refused(ExitCode::bad_input, "f, byte", {"has metadata"}));
  EXPECT_THAT(refusal(state_dict(tensor({.metadata = integer(1)}))),
              Refused(ExitCode::bad_input, "f, byte", {"metadata", "type"}));
}

TEST(Pickle, RefusesAStorageOfTwoTypesOrSizes) {
  const auto two = [](const TensorParts& second) {
    return proto + empty_dict + mark + text("a") + tensor() + text("b") + tensor(second) + setitems + stop;
  };
  EXPECT_THAT(refusal(two({.offset = 3, .shape = {3}, .strides = {1}})), Accepted());
  EXPECT_THAT(refusal(two({.storage_type = "IntStorage"})),
              Refused(ExitCode::bad_input, "f, byte", {"storage 0", "types", "sizes"}));
  EXPECT_THAT(refusal(two({.elements = 7})), Refused(ExitCode::bad_input, "f, byte", {"storage 0", "types", "sizes"}));
}

TEST(Pickle, RefusesDevicesWithoutMemory) {
  for (const char* device : {"cpu", "cuda:0", "cuda:15", "mps", "mps:0", "xpu:1"})
    EXPECT_THAT(refusal(state_dict(tensor({.location = device}))), Accepted()) << device;
  for (const char* device : {"", "meta", "cuda:", "cuda:x", "cuda:1000", "cpux", "Cpu", ":0"})
    EXPECT_THAT(refusal(state_dict(tensor({.location = device}))),
                Refused(ExitCode::bad_input, "f, byte", {"storage", "device"}))
        << device;
}

TEST(Pickle, RefusesTextsThatPyTorchWouldNotDecode) {
  for (const char* bytes : {"\xff", "\xc3", "\xc0\x80"})
    EXPECT_THAT(refusal(proto + ordered + empty_dict + text("_metadata") + text(bytes) + setitem + build + stop),
                Refused(ExitCode::bad_input, "f, byte", {"not ASCII"}));
}

TEST(Pickle, RefusesToRememberAMark) {
  EXPECT_THAT(refusal(proto + empty_dict + mark + binput(1) + text("w") + tensor() + setitems + stop),
              Refused(ExitCode::bad_input, "f, byte", {"remembers", "mark"}));
}

TEST(Pickle, CallsNothingButWhatMakesTensors) {
  EXPECT_THAT(refusal(state_dict(global("torch", "FloatStorage") + empty_tuple + reduce)),
              Refused(ExitCode::bad_input, "f, byte", {"calls", "torch.FloatStorage"}));
  EXPECT_THAT(refusal(state_dict(text("os.system") + empty_tuple + reduce)),
              Refused(ExitCode::bad_input, "f, byte", {"called"}));
  EXPECT_THAT(refusal(state_dict(global("collections", "OrderedDict") + empty_list + tuple1 + reduce)),
              Refused(ExitCode::bad_input, "f, byte", {"OrderedDict"}));
  EXPECT_THAT(refusal(state_dict(global("torch._utils", "_rebuild_tensor_v2") + empty_tuple + reduce)),
              Refused(ExitCode::bad_input, "f, byte", {"number of parts"}));
  EXPECT_THAT(refusal(state_dict(global("torch._utils", "_rebuild_parameter") + empty_tuple + reduce)),
              Refused(ExitCode::bad_input, "f, byte", {"number of parts"}));
  EXPECT_THAT(refusal(state_dict(global("torch._utils", "_rebuild_parameter") + none + none + none + tuple3 + reduce)),
              Refused(ExitCode::bad_input, "f, byte", {"a parameter"}));
}

TEST(Pickle, RefusesReferencesThatAreNoStorages) {
  EXPECT_THAT(refusal(state_dict(text("x") + binpersid)), Refused(ExitCode::bad_input, "f, byte", {"a storage"}));
  EXPECT_THAT(refusal(state_dict(tuple_of({1, 2, 3, 4, 5}) + binpersid)),
              Refused(ExitCode::bad_input, "f, byte", {"a storage"}));
  EXPECT_THAT(refusal(state_dict(text("storage") + tuple1 + binpersid)),
              Refused(ExitCode::bad_input, "f, byte", {"reference", "storage"}));
  EXPECT_THAT(refusal(state_dict(mark + text("module") + global("torch", "FloatStorage") + text("0") + text("cpu") +
                                 integer(1) + tuple + binpersid)),
              Refused(ExitCode::bad_input, "f, byte", {"reference", "storage"}));
  EXPECT_THAT(refusal(state_dict(mark + text("storage") + global("collections", "OrderedDict") + text("0") +
                                 text("cpu") + integer(1) + tuple + binpersid)),
              Refused(ExitCode::bad_input, "f, byte", {"storage", "known type"}));
  for (const char* key : {"", "../1", "a", "-1", "123456789012345678901"})
    EXPECT_THAT(refusal(state_dict(tensor({.key = key}))),
                Refused(ExitCode::bad_input, "f, byte", {"storage", "key", "size"}))
        << key;
  EXPECT_THAT(refusal(state_dict(tensor({.elements = -1}))),
              Refused(ExitCode::bad_input, "f, byte", {"storage", "key", "size"}));
}

TEST(Pickle, RefusesTensorsWithImpossibleParts) {
  EXPECT_THAT(refusal(state_dict(tensor({.offset = -1}))),
              Refused(ExitCode::bad_input, "f, byte", {"tensor", "offset", "strides"}));
  EXPECT_THAT(refusal(state_dict(tensor({.shape = {2, 3}, .strides = {1}}))),
              Refused(ExitCode::bad_input, "f, byte", {"tensor", "offset", "strides"}));
  EXPECT_THAT(refusal(state_dict(tensor({.shape = {-2, 3}}))),
              Refused(ExitCode::bad_input, "f, byte", {"shape", "negative"}));
  EXPECT_THAT(refusal(state_dict(tensor({.strides = {3, -1}}))),
              Refused(ExitCode::bad_input, "f, byte", {"stride", "negative"}));
  EXPECT_THAT(refusal(state_dict(
                  tensor({.shape = std::vector<std::int64_t>(9, 1), .strides = std::vector<std::int64_t>(9, 1)}))),
              Refused(ExitCode::bad_input, "f, byte", {"8 dimensions"}));
}

TEST(Pickle, RefusesStackAndMemoMistakes) {
  EXPECT_THAT(refusal(proto + setitem + stop), Refused(ExitCode::bad_input, "f, byte", {"takes", "value"}));
  EXPECT_THAT(refusal(proto + mark + tuple1 + stop), Refused(ExitCode::bad_input, "f, byte", {"takes", "value"}));
  EXPECT_THAT(refusal(proto + empty_dict + tuple + stop), Refused(ExitCode::bad_input, "f, byte", {"takes", "mark"}));
  EXPECT_THAT(refusal(proto + binget(0) + stop), Refused(ExitCode::bad_input, "f, byte", {"recalls", "value"}));
  EXPECT_THAT(refusal(proto + binput(0) + stop), Refused(ExitCode::bad_input, "f, byte", {"looks", "value"}));
}

TEST(Pickle, RefusesBombs) {
  EXPECT_THAT(refusal(proto + std::string(200'000, '(')), Refused(ExitCode::bad_input, "f, byte", {"stack", "100000"}));
  EXPECT_THAT(refusal(proto + empty_dict + binput(1'000'000) + stop),
              Refused(ExitCode::bad_input, "f, byte", {"memo", "1000000"}));
  EXPECT_THAT(refusal(proto + "X" + little_endian((1u << 20) + 1, 4) + std::string((1u << 20) + 1, 'a')),
              Refused(ExitCode::bad_input, "f, byte", {"mebibyte"}));
  std::string attributes = proto + ordered;  // each dict is dropped again at once: the stack stays small
  for (int i = 0; i < 1'000'001; ++i) attributes += empty_dict + build;
  EXPECT_THAT(refusal(attributes + stop), Refused(ExitCode::bad_input, "f, byte", {"builds", "1000000"}));
  std::string doubling = proto + none;  // as in the billion laughs
  for (int i = 0; i < 64; ++i)
    doubling += "q" + std::string(1, static_cast<char>(i)) + "h" + std::string(1, static_cast<char>(i)) + tuple2;
  EXPECT_THAT(refusal(doubling + stop), Refused(ExitCode::bad_input, "f, byte", {"whole"}));
}

TEST(Pickle, RefusesCirclesAndDeepNesting) {
  EXPECT_THAT(refusal(proto + empty_dict + binput(0) + text("w") + binget(0) + setitem + stop),
              Refused(ExitCode::bad_input, "f, key w", {"tensor"}));
  EXPECT_THAT(refusal(proto + none + std::string(500'000, '\x85') + stop),
              Refused(ExitCode::bad_input, "f, byte", {"whole"}));
}

TEST(Pickle, RecallsALongTextManyTimesWithoutCopies) {
  std::string pickle = proto + text(std::string(1u << 20, 'a')) + binput(0);
  for (int i = 0; i < 90'000; ++i) pickle += "h" + std::string(1, '\0');  // 90 GB if they were copied
  EXPECT_THAT(refusal(pickle + stop), Refused(ExitCode::bad_input, "f, byte", {"one value"}));
}

}  // namespace
}  // namespace lorasweep
