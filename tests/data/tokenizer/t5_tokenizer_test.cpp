// SPDX-License-Identifier: Apache-2.0
// Ids and texts are those of Hugging Face's slow T5Tokenizer, exactly.
#include "data/tokenizer/t5_tokenizer.h"

#include "data/core/file.h"
#include "data/core/json.h"
#include "data/formats/open_weights.h"
#include "data/tokenizer/make_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace lorasweep {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using Json = nlohmann::ordered_json;

const fs::path oracle = fs::path(LORASWEEP_GOLDEN_DIR) / "oracle";

const T5Tokenizer& tokenizer() {
  static const T5Tokenizer tokenizer(fs::path(LORASWEEP_DEMO_DIR) / "base");
  return tokenizer;
}
Json read_json(const fs::path& file) {
  constexpr std::size_t enough = std::size_t{256} << 20;
  return parse_json(read_file(file, enough), file.string(), {.bytes = enough});
}

void expect_ids_and_texts(const fs::path& file, std::size_t fewest) {
  const Json cases = read_json(file);
  EXPECT_GE(cases.size(), fewest);
  for (const Json& each : cases) {
    const TokenIds ids = each.at("ids").get<TokenIds>();
    EXPECT_EQ(tokenizer().encode(each.at("text").get<std::string>()), ids) << each.at("text");
    EXPECT_EQ(tokenizer().decode(ids), each.at("decoded").get<std::string>()) << each.at("text");
  }
}

TEST(Tokenizer, SaysOfAPairHowManyIdsItWouldHaveIfNoneWereCut) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "<extra_id_0>";  // one id each
  const Tokenizer::Pair both = tokenizer().encode_pair(text, text.substr(0, 2047 * 12));
  EXPECT_EQ(both.source.size(), 2048u);
  EXPECT_EQ(both.source.back(), 1);
  EXPECT_EQ(both.source_length, 3001u);
  EXPECT_EQ(both.target.size(), 2048u) << "just fits";
  EXPECT_EQ(both.target_length, 2048u);
  const Tokenizer::Pair ended = tokenizer().encode_pair(text.substr(0, 2047 * 12) + "</s>", text.substr(0, 2048 * 12));
  EXPECT_EQ(ended.source_length, 2048u) << "the text brings its end";
  EXPECT_EQ(ended.target.size(), 2048u);
  EXPECT_EQ(ended.target_length, 2049u);
}

TEST(Tokenizer, AgreesWithTheReference) { expect_ids_and_texts(oracle / "tokenization.json", 190); }

TEST(Tokenizer, AgreesWithTheReferenceOnBigBenchHard) {
  const char* place = std::getenv("LORASWEEP_BBH_DIR");
  if (place == nullptr) GTEST_SKIP() << "set LORASWEEP_BBH_DIR to a checkout of BIG-Bench Hard";
  const fs::path file = fs::path(place) / "goldens" / "tokenization_bbh.json";
  if (!fs::exists(file)) GTEST_SKIP() << "there is no goldens/tokenization_bbh.json in " << place;
  expect_ids_and_texts(file, 50);
}

TEST(Tokenizer, GivesTheInputsOfTheReferencesForwardPasses) {
  const auto tensors = open_weights(oracle / "forward_base.safetensors");
  int compared = 0;
  for (const Json& each : read_json(oracle / "forward_base.json")) {
    const std::string name = each.at("name");
    const auto ids = tensors->read_integers(name + ".input_ids"),
               mask = tensors->read_integers(name + ".attention_mask");
    const std::size_t width = ids.size() / each.at("inputs").size();
    for (std::size_t i = 0; i < each.at("inputs").size(); ++i, ++compared) {
      TokenIds expected;
      for (std::size_t j = i * width; j < (i + 1) * width; ++j)
        if (mask[j] != 0) expected.push_back(static_cast<std::int32_t>(ids[j]));
      EXPECT_EQ(tokenizer().encode(each.at("inputs")[i].get<std::string>()), expected) << name << " " << i;
    }
  }
  EXPECT_GT(compared, 8);
}

TEST(Tokenizer, DecodesTheReferencesGenerations) {
  int compared = 0;
  for (const Json& group : read_json(oracle / "generations.json"))
    for (std::size_t i = 0; i < group.at("token_ids").size(); ++i, ++compared)
      EXPECT_EQ(tokenizer().decode(group.at("token_ids")[i].get<TokenIds>()), group.at("text")[i].get<std::string>());
  EXPECT_EQ(compared, 1500);
}

TEST(Tokenizer, CutsLongTextsAndKeepsTheEnd) {
  const TokenIds whole = tokenizer().encode("cat dog cat dog cat");
  ASSERT_GT(whole.size(), 4u);
  EXPECT_EQ(tokenizer().encode("cat dog cat dog cat", whole.size()), whole);
  EXPECT_THAT(tokenizer().encode("cat dog cat dog cat", 3), ElementsAre(whole[0], whole[1], 1));
  EXPECT_THAT(tokenizer().encode("cat", 1), ElementsAre(1));
  std::string longer;
  for (int i = 0; i < 5000; ++i) longer += "cat ";
  EXPECT_EQ(tokenizer().encode(longer).size(), 2048u);
}

TEST(Tokenizer, DoesNotDoubleTheEnd) {
  const TokenIds cat = tokenizer().encode("cat");
  EXPECT_EQ(tokenizer().encode("cat</s>"), cat);
  EXPECT_EQ(tokenizer().encode("cat </s>  "), cat);
  EXPECT_THAT(tokenizer().encode("</s>"), ElementsAre(1));
}

TEST(Tokenizer, KnowsSentinelsOnlyAsTheyAreWritten) {
  EXPECT_THAT(tokenizer().encode("<extra_id_7>"), ElementsAre(1292, 1));
  for (const char* text : {"<extra_id_07>", "<extra_id_100>", "<extra_id_-1>", "<extra_id_>", "<extra_id_7",
                           "<extra_id_99999999999999999999>"})
    for (const std::int32_t id : tokenizer().encode(text)) EXPECT_LT(id, 1200) << text;
}

// The reference gives such rows names of sentinels with negative numbers.
TEST(Tokenizer, NamesTheRowsBehindTheVocabulary) {
  EXPECT_EQ(tokenizer().vocabulary(), 1300);
  EXPECT_EQ(tokenizer().decode(TokenIds{1299, 1200, 1}), "");
  EXPECT_EQ(tokenizer().decode(TokenIds{1300}), "<extra_id_-1>");
}

TEST(Tokenizer, TokenizesTheSidesOfAnExampleForThemselves) {
  const Tokenizer::Pair pair = tokenizer().encode_pair("cat dog", "cow");
  EXPECT_EQ(pair.source, tokenizer().encode("cat dog"));
  EXPECT_EQ(pair.target, tokenizer().encode("cow"));
}

// Whatever decode() strips and cleans up is still there in the bytes of the tokens.
TEST(Tokenizer, KnowsWhatEachTokenAddsToAnAnswer) {
  for (const char* text : {"cat dog cow", "Which of (A) is it?"}) {
    std::string joined;
    for (const std::int32_t id : tokenizer().encode(text)) joined += tokenizer().bytes_of(id);
    EXPECT_EQ(joined, std::string(" ") + text);
  }
  for (const std::int32_t special : {0, 1, 2, 1200, 1299}) EXPECT_EQ(tokenizer().bytes_of(special), "");
  EXPECT_EQ(tokenizer().bytes_of(1300), "<extra_id_-1>");
}

TEST(Tokenizer, EndsAnswersWithTheEndOfText) { EXPECT_THAT(tokenizer().stop_ids(), ElementsAre(1)); }

TEST(Tokenizer, IsMadeForTheFamilyOfAModel) {
  const fs::path base = fs::path(LORASWEEP_DEMO_DIR) / "base";
  const ModelConfig config = read_model_config(base);
  EXPECT_TRUE(has_tokenizer(config, base));
  EXPECT_FALSE(has_tokenizer(config, base.parent_path()));
  const std::unique_ptr<Tokenizer> made = make_tokenizer(config, base);
  EXPECT_EQ(made->encode("cat dog"), tokenizer().encode("cat dog"));
  EXPECT_THAT(made->files(), ElementsAre(base / "spiece.model"));
}

TEST(Tokenizer, EncodesBytesThatAreNoText) {
  EXPECT_NO_THROW(tokenizer().encode(std::string("cat \xff\xfe\xc3 \x80 \xed\xa0\x80 dog", 16)));
  EXPECT_NO_THROW(tokenizer().encode(std::string("a\0b", 3)));
}

// As mT5's: what no piece covers is spelled in bytes. The ids are those of the sentencepiece library itself.
TEST(Tokenizer, SpellsUnknownCharactersInBytesWhereTheModelHasThem) {
  const fs::path folder = fs::path(LORASWEEP_GOLDEN_DIR) / "byte_fallback";
  const T5Tokenizer of_bytes(folder);
  const Json rows = read_json(folder / "texts.json");
  ASSERT_GE(rows.size(), 8u);
  for (const Json& row : rows) {
    const TokenIds ids = of_bytes.encode(row["text"].get<std::string>());
    EXPECT_EQ(ids, row["ids"].get<TokenIds>()) << row["text"];
    EXPECT_EQ(of_bytes.decode(ids), row["decoded"].get<std::string>()) << row["text"];
  }
}

}  // namespace
}  // namespace lorasweep
