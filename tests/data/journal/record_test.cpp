// SPDX-License-Identifier: Apache-2.0
// Records to bytes and back.
#include "data/journal/record.h"

#include "data/core/error.h"
#include "tests/data/journal/sample_records.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace lorasweep {
namespace {

TEST(Record, ComesBackFromItsPayload) {
  for (const Record& record : sample_records()) {
    const Record back = decode_payload(type_of(record), encode_payload(record), "test");
    EXPECT_TRUE(same_record(record, back)) << "type " << int{type_of(record)};
  }
}

TEST(Record, KeepsEveryFieldOfAnEvaluation) {
  const EvaluationRecord written = std::get<EvaluationRecord>(sample_records()[2]);
  const auto read = std::get<EvaluationRecord>(decode_payload(3, encode_payload(written), "test"));
  EXPECT_EQ(read.search, 7u);
  EXPECT_EQ(read.step, 3u);
  EXPECT_EQ(read.weights, written.weights);
  EXPECT_TRUE(std::signbit(read.weights[1]));
  EXPECT_TRUE(std::isnan(read.nll[0]));
  EXPECT_EQ(read.nll[2], 2.25);
  EXPECT_EQ(read.loss, written.loss);
  EXPECT_EQ(read.regularizer, 0.1);
  EXPECT_EQ(read.key, written.key);
  EXPECT_EQ(read.attempt, 2u);
  EXPECT_EQ(read.worker, -1);
  EXPECT_EQ(read.finished_utc, 1.7e9);
  EXPECT_EQ(read.seconds, 0.25);
}

TEST(Record, KeepsEveryFieldOfATrial) {
  const TrialRecord written = std::get<TrialRecord>(sample_records()[6]);
  const auto read = std::get<TrialRecord>(decode_payload(7, encode_payload(written), "test"));
  EXPECT_EQ(read.kind, Trial::ablation);
  EXPECT_EQ(read.index, 3u);
  EXPECT_EQ(read.position, 19u);
  ASSERT_EQ(read.nll.size(), 3u);
  EXPECT_TRUE(std::isnan(read.nll[0]));
  EXPECT_TRUE(std::signbit(read.nll[1]));
  EXPECT_TRUE(std::isinf(read.nll[2]));
  EXPECT_TRUE(std::isnan(read.loss));
  EXPECT_EQ(read.key, std::string(64, 'b'));
  EXPECT_EQ(read.failure, written.failure);
  EXPECT_EQ(read.attempt, 3u);
  EXPECT_EQ(read.worker, 7);
  EXPECT_EQ(read.finished_utc, 1.8e9);
  EXPECT_EQ(read.seconds, 0.125);
}

TEST(Record, KeepsEverySubject) {
  for (std::uint8_t code = 0; code <= 5; ++code) {
    const PredictionRecord written{.of = static_cast<Subject>(code), .index = 2};
    EXPECT_EQ(std::get<PredictionRecord>(decode_payload(4, encode_payload(written), "test")), written);
  }
}

// The layout is a promise to files that exist: docs/formats/journal.md.
TEST(Record, HasTheDocumentedLayout) {
  const std::string expected{'\2', '\1', '\0', '\0', '\0', '\3', '\0', '\0', '\0', 'a', 'b', 'c'};
  EXPECT_EQ(encode_payload(FailureRecord{.of = Subject::few_shot, .index = 1, .reason = "abc"}), expected);

  std::string trial{'\1', '\2', '\0', '\0', '\0', '\3', '\0', '\0', '\0', '\1', '\0', '\0', '\0'};
  trial += std::string("\0\0\0\0\0\0\xf0\x3f", 8) + std::string("\0\0\0\0\0\0\0\x40", 8);  // 1.0, 2.0
  trial += std::string("\2\0\0\0ab", 6) + std::string("\1\0\0\0c", 5);
  trial += std::string("\4\0\0\0\xff\xff\xff\xff", 8) + std::string(16, '\0');
  EXPECT_EQ(encode_payload(TrialRecord{.kind = Trial::uniform,
                                       .index = 2,
                                       .position = 3,
                                       .nll = {1.0},
                                       .loss = 2.0,
                                       .key = "ab",
                                       .failure = "c",
                                       .attempt = 4,
                                       .worker = -1}),
            trial);
}

TEST(Record, RefusesPayloadsThatAreCutOrTooLong) {
  for (const Record& record : sample_records()) {
    const std::string payload = encode_payload(record);
    for (std::size_t length = 0; length < payload.size(); ++length)
      EXPECT_THROW(decode_payload(type_of(record), payload.substr(0, length), "test"), InputError);
    EXPECT_THROW(decode_payload(type_of(record), payload + '\0', "test"), InputError);
  }
}

TEST(Record, RefusesUnknownTypesAndKinds) {
  EXPECT_THROW(decode_payload(0, "", "test"), InputError);
  EXPECT_THROW(decode_payload(8, "", "test"), InputError);
  std::string payload = encode_payload(FailureRecord{});
  payload[0] = 6;
  EXPECT_THROW(decode_payload(5, payload, "test"), InputError);
  payload = encode_payload(TrialRecord{});
  payload[0] = 3;
  EXPECT_THROW(decode_payload(7, payload, "test"), InputError);
}

TEST(Record, BelievesNoCountBeyondItsBytes) {
  std::string payload = encode_payload(ManifestRecord{"{}"});
  payload.replace(0, 4, "\xff\xff\xff\xff");
  EXPECT_THROW(decode_payload(1, payload, "test"), InputError);
}

}  // namespace
}  // namespace lorasweep
