// SPDX-License-Identifier: Apache-2.0
// The safetensors rules, one by one: what keeps them is read, what breaks one is refused with its reason.
#include "data/formats/safetensors.h"

#include "tests/data/core/temporary_folder.h"
#include "tests/data/formats/built_bytes.h"
#include "tests/data/formats/refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal(const std::string& header, std::uint64_t data_bytes) {
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
  std::string refusal_of_file(std::string_view bytes) const {
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
  EXPECT_THAT(refusal_of([&] { file.read("c"); }), HasSubstr("has no tensor c"));
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
  EXPECT_THAT(refusal_of([&] { file.read("long"); }), AllOf(HasSubstr("tensor long"), HasSubstr("i64")));
  EXPECT_THAT(refusal_of([&] { file.read_integers("float"); }), HasSubstr("not 32- or 64-bit integers"));
  EXPECT_THAT(refusal_of([&] { file.read("eight"); }), HasSubstr("must be f16, bf16, f32 or f64"));
}

TEST_F(SafetensorsFiles, AreRefusedCutAtAnyByte) {
  const std::string whole = safetensors_bytes("{" + tensor("a", "F32", "[2]", "[0,8]") + "}", f32_bytes({1, 2}));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal_of_file(whole.substr(0, length)), "accepted") << length;
  EXPECT_THAT(refusal_of_file(whole.substr(0, whole.size() - 1)), HasSubstr("cut short"));
  EXPECT_EQ(refusal_of_file(whole), "accepted");
}

TEST_F(SafetensorsFiles, AreRefusedWhereTheHeaderIsLongerThanTheFile) {
  for (const std::uint64_t length :
       {std::uint64_t{3}, std::uint64_t{100'000'001}, ~std::uint64_t{0}, ~std::uint64_t{7}})
    EXPECT_THAT(refusal_of_file(little_endian(length, 8) + "{}"), HasSubstr("its header claims")) << length;
}

TEST_F(SafetensorsFiles, AreRefusedWithSomethingBehindTheLastTensor) {
  const std::string whole = safetensors_bytes(one("F32", "[1]", "[0,4]"), f32_bytes({1}));
  EXPECT_THAT(refusal_of_file(whole + "x"), HasSubstr("holds 5 bytes of values, its table describes 4"));
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
    EXPECT_EQ(refusal(one(eight, "[8]", "[0,8]"), 8), "accepted") << eight;
  for (const char* sixteen : {"I16", "U16", "F16", "BF16"})
    EXPECT_EQ(refusal(one(sixteen, "[4]", "[0,8]"), 8), "accepted") << sixteen;
  for (const char* thirty_two : {"I32", "U32", "F32"})
    EXPECT_EQ(refusal(one(thirty_two, "[2]", "[0,8]"), 8), "accepted") << thirty_two;
  for (const char* sixty_four : {"I64", "U64", "F64", "C64"})
    EXPECT_EQ(refusal(one(sixty_four, "[1]", "[0,8]"), 8), "accepted") << sixty_four;
  EXPECT_EQ(refusal(one("F4", "[2]", "[0,1]"), 1), "accepted");
  EXPECT_EQ(refusal(one("F6_E2M3", "[4]", "[0,3]"), 3), "accepted");
  EXPECT_THAT(refusal(one("F4", "[1]", "[0,1]"), 1), HasSubstr("does not fill"));
  EXPECT_THAT(refusal(one("F33", "[1]", "[0,4]"), 4), HasSubstr("unknown element type \"F33\""));
}

TEST(SafetensorsHeader, IsRefusedWhereItIsNotAnObject) {
  EXPECT_THAT(refusal("", 0), HasSubstr("does not begin with {"));
  EXPECT_THAT(refusal(" {}", 0), HasSubstr("does not begin with {"));
  EXPECT_THAT(refusal("[]", 0), HasSubstr("does not begin with {"));
  EXPECT_THAT(refusal("{", 0), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal("{} x", 0), HasSubstr("not valid JSON"));
  EXPECT_THAT(refusal(std::string("{}\0{\"hidden\":1}", 15), 0), HasSubstr("NUL"));
  EXPECT_EQ(refusal("{}", 0), "accepted");
}

TEST(SafetensorsHeader, IsRefusedWithTwoTensorsOfOneName) {
  EXPECT_THAT(refusal("{" + tensor("w", "U8", "[1]", "[0,1]") + "," + tensor("w", "U8", "[1]", "[1,2]") + "}", 2),
              HasSubstr("\"w\" appears twice"));
  EXPECT_THAT(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0), HasSubstr("appears twice"));
}

TEST(SafetensorsHeader, IsRefusedWithNamesThatCannotBeUsed) {
  EXPECT_THAT(refusal("{" + tensor("", "U8", "[1]", "[0,1]") + "}", 1), HasSubstr("unusable name"));
  EXPECT_THAT(refusal("{" + tensor(std::string(1025, 'a'), "U8", "[1]", "[0,1]") + "}", 1), HasSubstr("unusable name"));
  EXPECT_THAT(refusal("{" + tensor("\\u0000", "U8", "[1]", "[0,1]") + "}", 1), HasSubstr("NUL"));
  EXPECT_THAT(refusal("{" + tensor("\xff", "U8", "[1]", "[0,1]") + "}", 1), HasSubstr("not valid JSON"));
}

TEST(SafetensorsHeader, IsRefusedWhereMetadataIsNotTexts) {
  EXPECT_THAT(refusal(R"({"__metadata__":{"a":1}})", 0), HasSubstr("__metadata__"));
  EXPECT_THAT(refusal(R"({"__metadata__":[]})", 0), HasSubstr("__metadata__"));
}

TEST(SafetensorsHeader, IsRefusedWhereADescriptionHasAnotherForm) {
  for (const char* form :
       {"1", "[]", "{}", R"({"dtype":"U8","shape":[1]})", R"({"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1})",
        R"({"dtype":1,"shape":[1],"data_offsets":[0,1]})", R"({"dtype":"U8","shape":1,"data_offsets":[0,1]})",
        R"({"dtype":"U8","shape":[1],"data_offsets":[0,1,1]})", R"({"dtype":"U8","shape":[1],"data_offsets":"01"})",
        R"({"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]})"})
    EXPECT_NE(refusal(std::string("{\"w\":") + form + "}", 1), "accepted") << form;
}

TEST(SafetensorsHeader, IsRefusedWithNumbersThatAreNotNatural) {
  for (const char* extent : {"[-1]", "[1.0]", "[1e0]", "[-0]", "[\"1\"]", "[18446744073709551616]", "[true]", "[null]"})
    EXPECT_THAT(refusal(one("U8", extent, "[0,1]"), 1), HasSubstr("not a natural number")) << extent;
  for (const char* offsets : {"[-1,0]", "[0.0,1]", "[0,1e0]", "[\"0\",1]"})
    EXPECT_THAT(refusal(one("U8", "[1]", offsets), 1), HasSubstr("not a natural number")) << offsets;
}

TEST(SafetensorsHeader, IsRefusedWhereShapesDoNotFillTheirBytes) {
  EXPECT_THAT(refusal(one("F32", "[2]", "[0,4]"), 4),
              AllOf(HasSubstr("tensor w"), HasSubstr("[2]"), HasSubstr("does not fill bytes 0 to 4")));
  EXPECT_THAT(refusal(one("F32", "[1]", "[4,0]"), 4), HasSubstr("does not fill"));
  EXPECT_THAT(refusal(one("F32", "[]", "[0,0]"), 0), HasSubstr("does not fill"));
}

TEST(SafetensorsHeader, IsRefusedWhereShapesOverflow) {
  // Products that wrap to 0, or to the size that the offsets say.
  EXPECT_THAT(refusal(one("F32", "[4294967296,4294967296]", "[0,0]"), 0), HasSubstr("does not fill"));
  EXPECT_THAT(refusal(one("U8", "[2305843009213693953,8]", "[0,8]"), 8), HasSubstr("does not fill"));
  EXPECT_THAT(refusal(one("U8", "[18446744073709551615]", "[0,1]"), 1), HasSubstr("does not fill"));
  EXPECT_THAT(refusal(one("F32", "[4294967296,4294967296,0]", "[0,0]"), 0), HasSubstr("does not fill"));
}

TEST(SafetensorsHeader, IsRefusedWithOverlapsAndHoles) {
  EXPECT_THAT(refusal("{" + tensor("a", "U8", "[2]", "[0,2]") + "," + tensor("b", "U8", "[2]", "[1,3]") + "}", 3),
              AllOf(HasSubstr("tensor b"), HasSubstr("overlap or leave a hole")));
  EXPECT_THAT(refusal("{" + tensor("a", "U8", "[2]", "[0,2]") + "," + tensor("b", "U8", "[2]", "[0,2]") + "}", 2),
              HasSubstr("overlap"));
  EXPECT_THAT(refusal("{" + tensor("a", "U8", "[1]", "[0,1]") + "," + tensor("b", "U8", "[1]", "[2,3]") + "}", 3),
              HasSubstr("hole"));
  EXPECT_THAT(refusal(one("U8", "[1]", "[1,2]"), 2), HasSubstr("begins at byte 1, not at 0"));
}

TEST(SafetensorsHeader, IsRefusedWhereItDescribesMoreThanTheFileHas) {
  EXPECT_THAT(refusal(one("U8", "[9]", "[0,9]"), 8),
              AllOf(HasSubstr("holds 8 bytes of values, its table describes 9"), HasSubstr("cut short")));
}

TEST(SafetensorsHeader, IsRefusedNestedDeep) {
  EXPECT_THAT(refusal("{\"w\":" + std::string(100'000, '['), 0), HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace lorasweep
