// SPDX-License-Identifier: Apache-2.0
// A T5's tokenizer.json without spiece.model: read literally.
#include "data/tokenizer/t5_json_tokenizer.h"

#include "data/model/t5_config.h"
#include "data/tokenizer/make_tokenizer.h"
#include "data/tokenizer/t5_tokenizer.h"
#include "tests/data/tokenizer/tokenizer_cases.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

fs::path demo() { return fs::path(LORASWEEP_DEMO_DIR) / "base"; }

class T5Json : public testing::Test {
 protected:
  T5Json() : json(read_test_json(demo() / "tokenizer.json")) {
    folder.write("tokenizer.json", json.dump());
    folder.write("tokenizer_config.json", read_file(demo() / "tokenizer_config.json", 1 << 20));
  }
  Refusal refusal() const {
    folder.write("tokenizer.json", json.dump());
    return refusal_of([&] { T5JsonTokenizer made(folder.path()); });
  }
  TemporaryFolder folder;
  TestJson json;
};

TEST_F(T5Json, TakesThePlaceOfSpieceModelWhereThatIsMissing) {
  EXPECT_TRUE(has_tokenizer(T5Config{}, folder.path()));
  const auto literal = make_tokenizer(T5Config{}, folder.path());
  EXPECT_EQ(literal->files().front().filename(), "tokenizer.json");
  EXPECT_THAT(literal->settings(), HasSubstr("literally"));
  EXPECT_EQ(literal->stop_ids(), TokenIds{1});
  const auto slow = make_tokenizer(T5Config{}, demo());
  EXPECT_EQ(slow->files().front().filename(), "spiece.model") << "where both are, spiece.model's ids stay";
  EXPECT_EQ(literal->vocabulary(), slow->vocabulary());
  EXPECT_EQ(literal->encode("the order is apple, cow."), slow->encode("the order is apple, cow."));
  EXPECT_NE(literal->encode("</s>"), slow->encode("</s>")) << "the file appends </s> to every text";
}

// The texts of all goldens that end with no space and hold no special token: there both agree.
TEST_F(T5Json, AgreesWithSpieceModelOnPlainTexts) {
  const T5JsonTokenizer literal(folder.path());
  const T5Tokenizer slow(demo());
  int compared = 0;
  for (const TestJson& one : read_test_json(fs::path(LORASWEEP_GOLDEN_DIR) / "oracle" / "tokenization.json")) {
    const auto text = one.at("text").get<std::string>();
    const bool plain =
        text.find('<') == std::string::npos && !text.ends_with(' ') &&
        std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80 || c < ' '; });
    if (!plain) continue;
    ++compared;
    EXPECT_EQ(literal.encode(text), one.at("ids").get<TokenIds>()) << text;
    EXPECT_EQ(literal.decode(literal.encode(text)), slow.decode(slow.encode(text))) << text;
  }
  EXPECT_GE(compared, 70);
}

TEST_F(T5Json, CutsAsLongAsTheModelIs) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "<extra_id_0>";
  const Tokenizer::Pair pair = T5JsonTokenizer(folder.path()).encode_pair(text, text.substr(0, 2047 * 12));
  EXPECT_EQ(pair.source.size(), 2048u);
  EXPECT_EQ(pair.source.back(), 1);
  EXPECT_EQ(pair.source_length, 3001u);
  EXPECT_EQ(pair.target.size(), 2048u) << "just fits";
  EXPECT_EQ(pair.target_length, 2048u);
}

TEST_F(T5Json, CleansUpUnlessToldNot) {
  const TokenIds ids = T5JsonTokenizer(folder.path()).encode("four , two");
  EXPECT_EQ(T5JsonTokenizer(folder.path()).decode(ids), "four, two");
  folder.write("tokenizer_config.json", R"({"clean_up_tokenization_spaces": false})");
  EXPECT_EQ(T5JsonTokenizer(folder.path()).decode(ids), "four , two");
}

TEST_F(T5Json, MustBeATokenizerOfT5) {
  const TestJson original = json;
  json["post_processor"] = nullptr;
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "post_processor"));
  json = original;
  std::swap(json["model"]["vocab"][0], json["model"]["vocab"][1]);
  json["added_tokens"] = TestJson::array();
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "tokenizer.json", {"<pad>"}));
  json = original;
  folder.write("added_tokens.json", R"({"<mine>": 1300})");
  EXPECT_THAT(refusal(), Refused(ExitCode::bad_input, "added_tokens.json", {"<mine>"}));
}

TEST_F(T5Json, IsAskedForByNameWhereNothingIsThere) {
  const TemporaryFolder empty;
  EXPECT_FALSE(has_tokenizer(T5Config{}, empty.path()));
  EXPECT_THAT(refusal_of([&] { make_tokenizer(T5Config{}, empty.path()); }),
              Refused(ExitCode::bad_input, "spiece.model"));
}

}  // namespace
}  // namespace lorasweep
