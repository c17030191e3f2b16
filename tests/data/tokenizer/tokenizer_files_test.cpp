// SPDX-License-Identifier: Apache-2.0
// The tokenizer's files: what may be left out, and what is refused.
#include "data/tokenizer/t5_tokenizer.h"
#include "tests/data/tokenizer/model_bytes.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

Refusal refusal(const TemporaryFolder& folder) {
  return refusal_of([&] { T5Tokenizer tokenizer(folder.path()); });
}

TEST(TokenizerFiles, NeedTheModelAlone) {
  const TemporaryFolder folder;
  const auto model = folder.write("spiece.model", real_model());
  const T5Tokenizer tokenizer(folder.path());
  EXPECT_EQ(tokenizer.vocabulary(), 1300);
  EXPECT_THAT(tokenizer.files(), ElementsAre(model));
}

TEST(TokenizerFiles, MaySayHowManySentinelsThereAre) {
  const TemporaryFolder folder;
  folder.write("spiece.model", real_model());
  folder.write("tokenizer_config.json", R"({"extra_ids": 10})");
  const T5Tokenizer tokenizer(folder.path());
  EXPECT_EQ(tokenizer.vocabulary(), 1210);
  EXPECT_THAT(tokenizer.encode("<extra_id_0>"), ElementsAre(1209, 1));
  EXPECT_GT(tokenizer.encode("<extra_id_10>").size(), 2u);
}

TEST(TokenizerFiles, AreRefusedWithoutAModel) {
  const TemporaryFolder folder;
  folder.write("tokenizer.json", "{}");
  EXPECT_THAT(refusal(folder), AllOf(Refused(ExitCode::bad_input, "spiece.model", {"missing"}),
                                     Field(&Refusal::remedy, HasSubstr("tokenizer.json"))));
}

TEST(TokenizerFiles, AreRefusedWithAnImpossibleNumberOfSentinels) {
  const TemporaryFolder folder;
  folder.write("spiece.model", real_model());
  for (const char* value : {"-1", "10001", "1.5", "\"100\"", "null", "18446744073709551615"}) {
    folder.write("tokenizer_config.json", std::string("{\"extra_ids\": ") + value + "}");
    EXPECT_THAT(refusal(folder), Refused(ExitCode::bad_input, "tokenizer_config.json, key \"extra_ids\"")) << value;
  }
}

TEST(TokenizerFiles, AreRefusedWhereTheModelIsNotOfT5) {
  const TemporaryFolder folder;
  folder.write("spiece.model", piece("<unk>", 2) + piece("<s>", 3) + piece("</s>", 3) + piece("a"));
  EXPECT_THAT(refusal(folder), Refused(ExitCode::bad_input, "spiece.model", {"piece 0", "<pad>"}));
  folder.write("spiece.model", piece("<pad>", 3) + piece("</s>", 3) + piece("a") + piece("<unk>", 2));
  EXPECT_THAT(refusal(folder), Refused(ExitCode::bad_input, "spiece.model"));
}

TEST(TokenizerFiles, AreRefusedWhereTheModelIsSomethingElse) {
  const TemporaryFolder folder;
  folder.write("spiece.model", "<!DOCTYPE html><html>");
  EXPECT_THAT(refusal(folder), Refused(ExitCode::bad_input, "spiece.model"));
  folder.write("spiece.model", "");
  EXPECT_THAT(refusal(folder), Refused(ExitCode::bad_input, "spiece.model"));
}

// The library itself can load a model built by hand, so the refusals above are of what they say.
TEST(TokenizerFiles, MayHoldASmallModelWithACharacterMap) {
  const TemporaryFolder folder;
  folder.write("spiece.model", plain_pieces() +
                                   bytes_field(2, number_field(43, 0) + number_field(42, 1) + number_field(40, 2) +
                                                      number_field(41, static_cast<std::uint64_t>(-1))) +
                                   normalizer(character_map(one_letter_trie(), std::string_view("b\0", 2))));
  const T5Tokenizer tokenizer(folder.path());
  EXPECT_EQ(tokenizer.encode("abc"), tokenizer.encode("bbc"));
}

}  // namespace
}  // namespace lorasweep
