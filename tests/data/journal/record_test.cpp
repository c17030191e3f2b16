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

// The layout is a promise to files that exist: docs/formats/journal.md.
TEST(Record, HasTheDocumentedLayout) {
  const std::string expected{'\2', '\1', '\0', '\0', '\0', '\3', '\0', '\0', '\0', 'a', 'b', 'c'};
  EXPECT_EQ(encode_payload(FailureRecord{.of = Subject::few_shot, .index = 1, .reason = "abc"}), expected);
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
  EXPECT_THROW(decode_payload(7, "", "test"), InputError);
  std::string payload = encode_payload(FailureRecord{});
  payload[0] = 3;
  EXPECT_THROW(decode_payload(5, payload, "test"), InputError);
}

TEST(Record, BelievesNoCountBeyondItsBytes) {
  std::string payload = encode_payload(ManifestRecord{"{}"});
  payload.replace(0, 4, "\xff\xff\xff\xff");
  EXPECT_THROW(decode_payload(1, payload, "test"), InputError);
}

}  // namespace
}  // namespace lorasweep
