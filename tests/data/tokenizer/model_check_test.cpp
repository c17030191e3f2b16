// SPDX-License-Identifier: Apache-2.0
// Models that sentencepiece must never see are refused; what passes does not crash it.
#include "data/tokenizer/model_check.h"

#include "data/tokenizer/t5_tokenizer.h"
#include "tests/data/tokenizer/model_bytes.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace lorasweep {
namespace {

Refusal refusal(std::string_view model) {
  return refusal_of([&] { check_sentencepiece_model(model, "m.model"); });
}
Refusal refusal_of_map(std::string_view map) { return refusal(plain_pieces() + normalizer(map)); }
Refusal refusal_of_trie(const std::vector<std::uint32_t>& units) {
  return refusal_of_map(character_map(units, std::string_view("b\0", 2)));
}

TEST(ModelCheck, AcceptsTheRealModel) { EXPECT_THAT(refusal(real_model()), Accepted()); }

TEST(ModelCheck, AcceptsASmallModel) {
  EXPECT_THAT(refusal(plain_pieces()), Accepted());
  EXPECT_THAT(refusal_of_trie(one_letter_trie()), Accepted());
  EXPECT_THAT(refusal(plain_pieces() + bytes_field(2, number_field(3, 1)) + number_field(9, 5) +
                      bytes_field(4, bytes_field(1, ""))),
              Accepted());
}

TEST(ModelCheck, RefusesFramingThatLeadsOutOfItsMessage) {
  const std::string good = plain_pieces();
  for (const std::string& tail :
       {bytes_field(7, "abc").substr(0, 4), varint(7 << 3 | 2) + varint(1'000'000), varint(7 << 3 | 2) + varint(~0ull),
        varint(7 << 3 | 5) + "abc", varint(7 << 3 | 1) + "abcdefg", std::string("\x38"),
        std::string("\x38") + std::string(11, '\xff') + "\1", std::string("\x80"),
        bytes_field(1,
                    "\x0a\x05"
                    "ab"),
        bytes_field(4, "\x0a\x05")})
    EXPECT_THAT(refusal(good + tail), Refused(ExitCode::bad_input, "m.model")) << testing::PrintToString(tail);
}

TEST(ModelCheck, RefusesGroupsAndFieldsWithoutAValidNumber) {
  for (const int wire_type : {3, 4, 6, 7})
    EXPECT_THAT(refusal(plain_pieces() + varint(7 << 3 | wire_type)),
                Refused(ExitCode::bad_input, "m.model", {"wire type " + std::to_string(wire_type)}));
  EXPECT_THAT(refusal(plain_pieces() + number_field(0, 1)), Refused(ExitCode::bad_input, "m.model", {"valid number"}));
}

// Cut down to 32 bits, as the library does, this is field 1: a piece that nobody had looked at.
TEST(ModelCheck, RefusesAPieceHiddenBehindAFieldNumberThatOverflows) {
  const std::string hidden = bytes_field(1, std::string(100'000, 'x'));
  EXPECT_THAT(refusal(plain_pieces() + varint((1ull << 32) | 10) + hidden.substr(1)),
              Refused(ExitCode::bad_input, "m.model", {"valid number"}));
}

TEST(ModelCheck, RefusesPiecesThatCannotBe) {
  EXPECT_THAT(refusal(plain_pieces() + piece("")),
              Refused(ExitCode::bad_input, "m.model, piece 7", {"0 bytes", "512"}));
  EXPECT_THAT(refusal(plain_pieces() + piece(std::string(513, 'x'))),
              Refused(ExitCode::bad_input, "m.model, piece 7", {"513 bytes", "512"}));
  EXPECT_THAT(refusal(plain_pieces() + piece(std::string(512, 'x'))), Accepted());
  EXPECT_THAT(refusal(plain_pieces() + piece(std::string_view("x\0y", 3))),
              Refused(ExitCode::bad_input, "m.model, piece 7", {"3 bytes", "NUL"}));
  EXPECT_THAT(refusal(plain_pieces() + piece("a")), Refused(ExitCode::bad_input, "m.model, piece 7", {"twice"}));
  EXPECT_THAT(refusal(plain_pieces() + piece("x", 1, std::numeric_limits<float>::quiet_NaN())),
              Refused(ExitCode::bad_input, "m.model, piece 7", {"score"}));
  EXPECT_THAT(refusal(plain_pieces() + piece("x", 1, -std::numeric_limits<float>::infinity())),
              Refused(ExitCode::bad_input, "m.model, piece 7", {"score"}));
  for (const std::uint64_t type : {std::uint64_t{0}, std::uint64_t{7}, (std::uint64_t{1} << 32) + 2})
    EXPECT_THAT(refusal(plain_pieces() + piece("x", type)),
                Refused(ExitCode::bad_input, "m.model, piece 7", {"type " + std::to_string(type)}));
}

TEST(ModelCheck, WantsOnePieceForUnknownCharacters) {
  EXPECT_THAT(refusal(piece("a")), Refused(ExitCode::bad_input, "m.model", {"0 pieces", "unknown characters"}));
  EXPECT_THAT(refusal(plain_pieces() + piece("<unknown>", 2)),
              Refused(ExitCode::bad_input, "m.model", {"2 pieces", "unknown characters"}));
  EXPECT_THAT(refusal(""), Refused(ExitCode::bad_input, "m.model", {"empty"}));
}

TEST(ModelCheck, RefusesTooManyPieces) {
  std::string many = plain_pieces();
  for (int i = 0; i < 1'000'000; ++i) many += piece(std::to_string(i));
  EXPECT_THAT(refusal(many), Refused(ExitCode::bad_input, "m.model", {"1000000 pieces"}));
}

TEST(ModelCheck, RefusesModelsOfAnotherKind) {
  EXPECT_THAT(refusal(plain_pieces() + bytes_field(2, number_field(3, 2))),
              Refused(ExitCode::bad_input, "m.model, trainer_spec", {"kind 2"}));
}

TEST(ModelCheck, RefusesCharacterMapsOfImpossibleSizes) {
  for (const std::string& map : {std::string("abc"), little_endian(0), little_endian(4), little_endian(6) + "abcdef",
                                 little_endian(~0u) + "abcd", character_map(std::vector<std::uint32_t>(2'000'000), "")})
    EXPECT_THAT(refusal_of_map(map), Refused(ExitCode::bad_input, "m.model, normalizer_spec, precompiled_charsmap"))
        << map.size();
}

TEST(ModelCheck, RefusesATrieThatLeadsOutOfItself) {
  auto units = one_letter_trie();
  units[0] = unit(768, 0);  // just behind the end
  EXPECT_THAT(refusal_of_trie(units), Refused(ExitCode::bad_input, "precompiled_charsmap", {"trie", "unit 0"}));
  units = one_letter_trie();
  units[256 ^ 'a'] = unit(1 << 20, 'a', true);
  EXPECT_THAT(refusal_of_trie(units), Refused(ExitCode::bad_input, "precompiled_charsmap", {"trie", "unit"}));
  units = one_letter_trie();
  units[256 ^ 'a'] = unit((1u << 21) - 1, 'a', true) | 1u << 9;  // the offset that is shifted by eight more bits
  EXPECT_THAT(refusal_of_trie(units), Refused(ExitCode::bad_input, "precompiled_charsmap", {"trie", "unit"}));
  units = one_letter_trie();
  units.resize(700);  // a block of 256 children that is cut short
  EXPECT_THAT(refusal_of_trie(units), Refused(ExitCode::bad_input, "precompiled_charsmap", {"trie", "unit"}));
}

TEST(ModelCheck, RefusesReplacementsThatLieOutsideOrHaveNoEnd) {
  auto units = one_letter_trie();
  units[512] = 0x80000000u | 2;
  EXPECT_THAT(refusal_of_trie(units),
              Refused(ExitCode::bad_input, "precompiled_charsmap", {"replacement", "byte 2", "2"}));
  units[512] = 0xffffffffu;
  EXPECT_THAT(refusal_of_trie(units),
              Refused(ExitCode::bad_input, "precompiled_charsmap", {"replacement", "byte 2147483647"}));
  EXPECT_THAT(refusal_of_map(character_map(one_letter_trie(), "b")),
              Refused(ExitCode::bad_input, "precompiled_charsmap", {"end"}));
  EXPECT_THAT(refusal_of_map(character_map(one_letter_trie(), "")),
              Refused(ExitCode::bad_input, "precompiled_charsmap", {"replacement", "byte 0", "0"}));
  EXPECT_THAT(refusal_of_map(character_map(one_letter_trie(), std::string(513, 'b') + '\0')),
              Refused(ExitCode::bad_input, "precompiled_charsmap", {"513 bytes"}));
}

// A NUL in a text steps from the root to the root where the trie is made so: the root may carry a value like
// any other unit.
TEST(ModelCheck, LooksAtTheValueOfTheRootToo) {
  std::vector<std::uint32_t> units(256, 0);
  units[0] = unit(0, 0, true);
  EXPECT_THAT(refusal_of_trie(units), Refused(ExitCode::bad_input));
}

TEST(ModelCheck, EndsOnATrieThatLeadsInCircles) {
  std::vector<std::uint32_t> units(256);
  for (std::uint32_t i = 0; i < 256; ++i) units[i] = unit(i, i);  // every unit's children begin at unit 0
  EXPECT_THAT(refusal_of_trie(units), Accepted());
}

TEST(ModelCheck, LooksAtTheDenormalizerToo) {
  EXPECT_THAT(refusal(plain_pieces() + bytes_field(5, bytes_field(2, "abc"))),
              Refused(ExitCode::bad_input, "m.model, denormalizer_spec, precompiled_charsmap"));
}

// What passes the check is loaded and used; a crash or a sanitizer's report would end this program.
TEST(ModelCheck, LetsNothingThroughThatBreaksTheLibrary) {
  const std::string real = real_model();
  std::mt19937 random(1);
  int accepted = 0;
  for (int round = 0; round < 300; ++round) {
    std::string model = real;
    for (int i = 0; i < 1 + round % 4; ++i) model[random() % model.size()] = static_cast<char>(random());
    if (round % 10 == 0) model.resize(random() % model.size());
    const TemporaryFolder folder;
    folder.write("spiece.model", model);
    const Refusal refused = refusal_of([&] {
      const T5Tokenizer tokenizer(folder.path());
      tokenizer.decode(
          tokenizer.encode("Which \u00e9\u3300\uff21 is ﷺ \u0344 it? <extra_id_3> (A) \xf0\x9f\x98\x80 4"));
    });
    accepted += refused.code == ExitCode::ok;
  }
  EXPECT_GT(accepted, 30);  // or else the check was all that was tested
}

}  // namespace
}  // namespace lorasweep
