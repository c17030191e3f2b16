// SPDX-License-Identifier: Apache-2.0
// The safetensors rules, one by one: what keeps them is read, what breaks one is refused with its reason.
#include "data/formats/safetensors.h"

#include "tests/data/formats/built_bytes.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

Refusal refusal(const std::string& header, std::uint64_t data_bytes) {
  return refusal_of([&] { parse_safetensors_header(header, data_bytes, "f"); });
}
std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return "{" + tensor("w", dtype, shape, offsets) + "}";
}

class SafetensorsFiles : public testing::Test {
 protected:
  Refusal refusal_of_file(std::string_view bytes) const {
    return refusal_of([&] { SafetensorsFile(RandomAccessFile(folder_.write("f", bytes))); });
  }
  TemporaryFolder folder_;
};

TEST_F(SafetensorsFiles, AreReadByName) {
  const std::string header = "{" + tensor("b", "F32", "[2,1]", "[4,12]") + "," + tensor("a", "F32", "[]", "[0,4]") +
                             R"(,"__metadata__":{"format":"pt"}})";
  const SafetensorsFile file(
      RandomAccessFile(folder_.write("f", safetensors_bytes(header + "   ", f32_bytes({1, 2, -3})))));
  EXPECT_EQ(file.tensors().size(), 2u);
  EXPECT_THAT(file.read("a").values, ElementsAre(1));
  EXPECT_THAT(file.read("b").values, ElementsAre(2, -3));
  EXPECT_THAT(file.read("b").shape, ElementsAre(2, 1));
  EXPECT_EQ(file.find("b")->dtype, DType::f32);
  EXPECT_EQ(file.find("c"), nullptr);
  EXPECT_THAT(refusal_of([&] { file.read("c"); }), Reported(ExitCode::bad_input, "f", {"tensor c"}));
}

TEST_F(SafetensorsFiles, AreConvertedToF32) {
  const std::string header = "{" + tensor("half", "F16", "[2]", "[0,4]") + "," +
                             tensor("brain", "BF16", "[1]", "[4,6]") + "," + tensor("double", "F64", "[1]", "[6,14]") +
                             "}";
  const std::string data = little_endian(0x3c00, 2) + little_endian(0xc100, 2) + little_endian(0x4049, 2) +
                           little_endian(std::bit_cast<std::uint64_t>(0.1), 8);
  const SafetensorsFile file(RandomAccessFile(folder_.write("f", safetensors_bytes(header, data))));
  EXPECT_THAT(file.read("half").values, ElementsAre(1.0f, -2.5f));
  EXPECT_THAT(file.read("brain").values, ElementsAre(3.140625f));
  EXPECT_THAT(file.read("double").values, ElementsAre(0.1f));
}

TEST_F(SafetensorsFiles, GiveIntegersOnlyAsIntegers) {
  const std::string header = "{" + tensor("long", "I64", "[1]", "[0,8]") + "," + tensor("int", "I32", "[2]", "[8,16]") +
                             "," + tensor("float", "F32", "[1]", "[16,20]") + "," +
                             tensor("eight", "F8_E4M3", "[4]", "[20,24]") + "}";
  const std::string data = little_endian(static_cast<std::uint64_t>(-5), 8) + little_endian(7, 4) +
                           little_endian(0xffffffff, 4) + f32_bytes({1}) + "abcd";
  const SafetensorsFile file(RandomAccessFile(folder_.write("f", safetensors_bytes(header, data))));
  EXPECT_THAT(file.read_integers("long"), ElementsAre(-5));
  EXPECT_THAT(file.read_integers("int"), ElementsAre(7, -1));
  EXPECT_THAT(refusal_of([&] { file.read("long"); }), Refused(ExitCode::bad_input, "tensor long", {"i64"}));
  EXPECT_THAT(refusal_of([&] { file.read_integers("float"); }),
              Reported(ExitCode::bad_input, "tensor float", {"f32", "64-bit integers"}));
  EXPECT_THAT(refusal_of([&] { file.read("eight"); }),
              Refused(ExitCode::bad_input, "tensor eight", {"f16", "bf16", "f32", "f64"}));
}

TEST_F(SafetensorsFiles, AreRefusedCutAtAnyByte) {
  const std::string whole = safetensors_bytes("{" + tensor("a", "F32", "[2]", "[0,8]") + "}", f32_bytes({1, 2}));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_THAT(refusal_of_file(whole.substr(0, length)), Refused(ExitCode::bad_input)) << length;
  EXPECT_THAT(refusal_of_file(whole.substr(0, whole.size() - 1)), Refused(ExitCode::bad_input, "f", {"7 bytes", "8"}));
  EXPECT_THAT(refusal_of_file(whole), Accepted());
}

TEST_F(SafetensorsFiles, AreRefusedWhereTheHeaderIsLongerThanTheFile) {
  for (const std::uint64_t length :
       {std::uint64_t{3}, std::uint64_t{100'000'001}, ~std::uint64_t{0}, ~std::uint64_t{7}})
    EXPECT_THAT(refusal_of_file(little_endian(length, 8) + "{}"),
                Refused(ExitCode::bad_input, "f", {"header", std::to_string(length), "10"}))
        << length;
}

TEST_F(SafetensorsFiles, AreRefusedWithSomethingBehindTheLastTensor) {
  const std::string whole = safetensors_bytes(one("F32", "[1]", "[0,4]"), f32_bytes({1}));
  EXPECT_THAT(refusal_of_file(whole + "x"), Refused(ExitCode::bad_input, "f", {"5 bytes", "4"}));
}

TEST(SafetensorsHeader, KeepsTheTableInTheOrderOfTheBytes) {
  const auto entries = parse_safetensors_header("{" + tensor("b", "U8", "[2]", "[1,3]") + "," +
                                                    tensor("empty", "F32", "[0,7]", "[1,1]") + "," +
                                                    tensor("a", "U8", "[1]", "[0,1]") + "}",
                                                3, "f");
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].info.name, "a");
  EXPECT_EQ(entries[1].info.name, "empty");
  EXPECT_EQ(entries[2].info.name, "b");
}

TEST(SafetensorsHeader, KnowsEveryElementType) {
  for (const char* eight : {"BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"})
    EXPECT_THAT(refusal(one(eight, "[8]", "[0,8]"), 8), Accepted()) << eight;
  for (const char* sixteen : {"I16", "U16", "F16", "BF16"})
    EXPECT_THAT(refusal(one(sixteen, "[4]", "[0,8]"), 8), Accepted()) << sixteen;
  for (const char* thirty_two : {"I32", "U32", "F32"})
    EXPECT_THAT(refusal(one(thirty_two, "[2]", "[0,8]"), 8), Accepted()) << thirty_two;
  for (const char* sixty_four : {"I64", "U64", "F64", "C64"})
    EXPECT_THAT(refusal(one(sixty_four, "[1]", "[0,8]"), 8), Accepted()) << sixty_four;
  EXPECT_THAT(refusal(one("F4", "[2]", "[0,1]"), 1), Accepted());
  EXPECT_THAT(refusal(one("F6_E2M3", "[4]", "[0,3]"), 3), Accepted());
  EXPECT_THAT(refusal(one("F4", "[1]", "[0,1]"), 1),
              Refused(ExitCode::bad_input, "f, tensor w", {"of shape", "bytes"}));
  EXPECT_THAT(refusal(one("F33", "[1]", "[0,4]"), 4),
              Refused(ExitCode::bad_input, "f, tensor w", {"element type", "\"F33\""}));
}

TEST(SafetensorsHeader, IsRefusedWhereItIsNotAnObject) {
  EXPECT_THAT(refusal("", 0), Refused(ExitCode::bad_input, "f", {"header", "{"}));
  EXPECT_THAT(refusal(" {}", 0), Refused(ExitCode::bad_input, "f", {"header", "{"}));
  EXPECT_THAT(refusal("[]", 0), Refused(ExitCode::bad_input, "f", {"header", "{"}));
  EXPECT_THAT(refusal("{", 0), Refused(ExitCode::bad_input, "f", {"JSON"}));
  EXPECT_THAT(refusal("{} x", 0), Refused(ExitCode::bad_input, "f", {"JSON"}));
  EXPECT_THAT(refusal(std::string("{}\0{\"hidden\":1}", 15), 0), Refused(ExitCode::bad_input, "f", {"NUL"}));
  EXPECT_THAT(refusal("{}", 0), Accepted());
}

TEST(SafetensorsHeader, IsRefusedWithTwoTensorsOfOneName) {
  EXPECT_THAT(refusal("{" + tensor("w", "U8", "[1]", "[0,1]") + "," + tensor("w", "U8", "[1]", "[1,2]") + "}", 2),
              Refused(ExitCode::bad_input, "f", {"\"w\"", "twice"}));
  EXPECT_THAT(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0),
              Refused(ExitCode::bad_input, "f", {"\"__metadata__\"", "twice"}));
}

TEST(SafetensorsHeader, IsRefusedWithNamesThatCannotBeUsed) {
  EXPECT_THAT(refusal("{" + tensor("", "U8", "[1]", "[0,1]") + "}", 1),
              Refused(ExitCode::bad_input, "f", {"tensor", "name"}));
  EXPECT_THAT(refusal("{" + tensor(std::string(1025, 'a'), "U8", "[1]", "[0,1]") + "}", 1),
              Refused(ExitCode::bad_input, "f", {"tensor", "name"}));
  EXPECT_THAT(refusal("{" + tensor("\\u0000", "U8", "[1]", "[0,1]") + "}", 1),
              Refused(ExitCode::bad_input, "f", {"NUL"}));
  EXPECT_THAT(refusal("{" + tensor("\xff", "U8", "[1]", "[0,1]") + "}", 1),
              Refused(ExitCode::bad_input, "f", {"JSON"}));
}

TEST(SafetensorsHeader, IsRefusedWhereMetadataIsNotTexts) {
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":1}})", 0), Refused(ExitCode::bad_input, "f", {"__metadata__"}));
  EXPECT_THAT(refusal(R"({"__metadata__":[]})", 0), Refused(ExitCode::bad_input, "f", {"__metadata__"}));
}

TEST(SafetensorsHeader, IsRefusedWhereADescriptionHasAnotherForm) {
  for (const char* form :
       {"1", "[]", "{}", R"({"dtype":"U8","shape":[1]})", R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1})",
        R"({"dtype":1,"shape":[1],"data_offsets":[0,1]})", R"({"dtype":"U8","shape":1,"data_offsets":[0,1]})",
        R"({"dtype":"U8","shape":[1],"data_offsets":[0,1,1]})", R"({"dtype":"U8","shape":[1],"data_offsets":"01"})",
        R"({"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]})"})
    EXPECT_THAT(refusal(std::string("{\"w\":") + form + "}", 1), Refused(ExitCode::bad_input)) << form;
}

TEST(SafetensorsHeader, IsRefusedWithNumbersThatAreNotNatural) {
  for (const char* extent : {"[-1]", "[1.0]", "[1e0]", "[-0]", "[\"1\"]", "[18446744073709551616]", "[true]", "[null]"})
    EXPECT_THAT(refusal(one("U8", extent, "[0,1]"), 1), Refused(ExitCode::bad_input, "f, tensor w", {"natural number"}))
        << extent;
  for (const char* offsets : {"[-1,0]", "[0.0,1]", "[0,1e0]", "[\"0\",1]"})
    EXPECT_THAT(refusal(one("U8", "[1]", offsets), 1), Refused(ExitCode::bad_input, "f, tensor w", {"natural number"}))
        << offsets;
}

TEST(SafetensorsHeader, IsRefusedWhereShapesDoNotFillTheirBytes) {
  EXPECT_THAT(refusal(one("F32", "[2]", "[0,4]"), 4),
              Refused(ExitCode::bad_input, "f, tensor w", {"[2]", "bytes 0", "4"}));
  EXPECT_THAT(refusal(one("F32", "[1]", "[4,0]"), 4),
              Refused(ExitCode::bad_input, "f, tensor w", {"of shape", "bytes"}));
  EXPECT_THAT(refusal(one("F32", "[]", "[0,0]"), 0),
              Refused(ExitCode::bad_input, "f, tensor w", {"of shape", "bytes"}));
}

TEST(SafetensorsHeader, IsRefusedWhereShapesOverflow) {
  // Products that wrap to 0, or to the size that the offsets say.
  EXPECT_THAT(refusal(one("F32", "[4294967296,4294967296]", "[0,0]"), 0),
              Refused(ExitCode::bad_input, "f, tensor w", {"of shape", "bytes"}));
  EXPECT_THAT(refusal(one("U8", "[2305843009213693953,8]", "[0,8]"), 8),
              Refused(ExitCode::bad_input, "f, tensor w", {"of shape", "bytes"}));
  EXPECT_THAT(refusal(one("U8", "[18446744073709551615]", "[0,1]"), 1),
              Refused(ExitCode::bad_input, "f, tensor w", {"of shape", "bytes"}));
  EXPECT_THAT(refusal(one("F32", "[4294967296,4294967296,0]", "[0,0]"), 0),
              Refused(ExitCode::bad_input, "f, tensor w", {"of shape", "bytes"}));
}

TEST(SafetensorsHeader, IsRefusedWithOverlapsAndHoles) {
  EXPECT_THAT(refusal("{" + tensor("a", "U8", "[2]", "[0,2]") + "," + tensor("b", "U8", "[2]", "[1,3]") + "}", 3),
              Refused(ExitCode::bad_input, "f, tensor b", {"byte 1", "2"}));
  EXPECT_THAT(refusal("{" + tensor("a", "U8", "[2]", "[0,2]") + "," + tensor("b", "U8", "[2]", "[0,2]") + "}", 2),
              Refused(ExitCode::bad_input, "f, tensor", {"byte 0", "2"}));
  EXPECT_THAT(refusal("{" + tensor("a", "U8", "[1]", "[0,1]") + "," + tensor("b", "U8", "[1]", "[2,3]") + "}", 3),
              Refused(ExitCode::bad_input, "f, tensor b", {"byte 2", "1"}));
  EXPECT_THAT(refusal(one("U8", "[1]", "[1,2]"), 2), Refused(ExitCode::bad_input, "f, tensor w", {"byte 1", "0"}));
}

TEST(SafetensorsHeader, IsRefusedWhereItDescribesMoreThanTheFileHas) {
  EXPECT_THAT(refusal(one("U8", "[9]", "[0,9]"), 8), AllOf(Refused(ExitCode::bad_input, "f", {"8 bytes", "9"}),
                                                           Field(&Refusal::remedy, HasSubstr("cut short"))));
}

TEST(SafetensorsHeader, IsRefusedNestedDeep) {
  EXPECT_THAT(refusal("{\"w\":" + std::string(100'000, '['), 0), Refused(ExitCode::bad_input, "f", {"nested", "8"}));
}

}  // namespace
}  // namespace lorasweep
