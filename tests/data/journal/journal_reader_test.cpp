// SPDX-License-Identifier: Apache-2.0
// What the reader makes of journals that were cut, flipped, spliced or made up.
#include "data/journal/journal_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "data/core/error.h"
#include "data/journal/journal_frame.h"
#include "tests/data/journal/sample_records.h"

namespace lorasweep {
namespace {

using testing::HasSubstr;

struct Sample {
  std::vector<Record> records;
  std::string bytes = journal_head();
  std::vector<std::size_t> ends{bytes.size()};  // ends[n]: where the n-th frame begins

  void add(const Record& record) {
    append_frame(bytes, type_of(record), records.size(), encode_payload(record));
    records.push_back(record);
    ends.push_back(bytes.size());
  }
};

Sample make_sample() {
  Sample sample;
  for (int round = 0; round < 2; ++round)
    for (const Record& record : sample_records()) sample.add(record);
  return sample;
}

void expect_prefix(const JournalContent& content, const Sample& sample) {
  ASSERT_LE(content.records.size(), sample.records.size());
  for (std::size_t i = 0; i < content.records.size(); ++i)
    EXPECT_TRUE(same_record(content.records[i], sample.records[i])) << "record " << i;
}

std::string refusal(const std::string& bytes) {
  try {
    parse_journal(bytes, "run/journal");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(JournalReader, ReadsAWholeJournal) {
  const Sample sample = make_sample();
  const JournalContent content = parse_journal(sample.bytes, "journal");
  EXPECT_EQ(content.records.size(), 12u);
  EXPECT_EQ(content.valid_bytes, sample.bytes.size());
  EXPECT_EQ(content.torn_bytes, 0u);
  expect_prefix(content, sample);
}

TEST(JournalReader, ReadsTheWholeFramesOfAFileCutAtAnyByte) {
  const Sample sample = make_sample();
  for (std::size_t length = 0; length < sample.bytes.size(); ++length) {
    const JournalContent content = parse_journal(sample.bytes.substr(0, length), "journal");
    std::size_t whole = 0;
    while (whole + 1 < sample.ends.size() && sample.ends[whole + 1] <= length) ++whole;
    ASSERT_EQ(content.records.size(), whole) << "cut at " << length;
    EXPECT_EQ(content.valid_bytes, length < journal_head_bytes ? 0 : sample.ends[whole]);
    EXPECT_EQ(content.valid_bytes + content.torn_bytes, length);
    expect_prefix(content, sample);
  }
}

TEST(JournalReader, RefusesOrCutsAFlippedByteButNeverReadsItsRecord) {
  const Sample sample = make_sample();
  const std::size_t last_frame = sample.ends[sample.ends.size() - 2];
  for (std::size_t at = 0; at < sample.bytes.size(); ++at)
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string bytes = sample.bytes;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      if (at < last_frame) {
        EXPECT_THAT(refusal(bytes), HasSubstr("run/journal")) << "byte " << at << " flipped by " << flip;
      } else {
        const JournalContent content = parse_journal(bytes, "journal");
        EXPECT_EQ(content.records.size(), sample.records.size() - 1) << "byte " << at << " flipped by " << flip;
        EXPECT_EQ(content.valid_bytes, last_frame);
        expect_prefix(content, sample);
      }
    }
}

TEST(JournalReader, NamesTheOffsetOfDamage) {
  const Sample sample = make_sample();
  std::string bytes = sample.bytes;
  bytes[sample.ends[3] + frame_head_bytes] ^= 1;
  EXPECT_THAT(refusal(bytes), HasSubstr("offset " + std::to_string(sample.ends[3]) + ": record 3 is damaged"));
}

TEST(JournalReader, NamesAMissingRecord) {
  const Sample sample = make_sample();
  std::string bytes = sample.bytes;
  bytes.erase(sample.ends[2], sample.ends[3] - sample.ends[2]);
  EXPECT_THAT(refusal(bytes), HasSubstr("record 2 is missing: number 3 stands in its place"));
}

TEST(JournalReader, RefusesARecordThatIsThereTwice) {
  const Sample sample = make_sample();
  const std::string again = sample.bytes.substr(sample.ends[2], sample.ends[3] - sample.ends[2]);
  EXPECT_THAT(refusal(sample.bytes + again), HasSubstr("record 12 is missing"));
}

TEST(JournalReader, CutsATailOfZeros) {
  const Sample sample = make_sample();
  const JournalContent content = parse_journal(sample.bytes + std::string(5000, '\0'), "journal");
  EXPECT_EQ(content.records.size(), 12u);
  EXPECT_EQ(content.torn_bytes, 5000u);
}

TEST(JournalReader, RefusesOtherFilesAndOtherVersions) {
  EXPECT_THAT(refusal("{\"json\": true, \"and\": \"long\"}"), HasSubstr("is not a journal"));
  EXPECT_THAT(refusal("short"), HasSubstr("is not a journal"));
  std::string head = journal_head();
  head[8] = 2;
  EXPECT_THAT(refusal(head), HasSubstr("not of version 1"));
}

TEST(JournalReader, RefusesAWholeFrameWhoseRecordIsUnknown) {
  std::string bytes = journal_head();
  append_frame(bytes, 42, 0, "payload");
  EXPECT_THAT(refusal(bytes), HasSubstr("offset 16: a record of type 42"));
}

// Heads that overlap and each claim all that follows would make the search for later frames quadratic.
TEST(JournalReader, SoonGivesUpOnBytesMadeToKeepItBusy) {
  std::string bytes = journal_head() + std::string(frame_overhead_bytes, '\1');
  constexpr std::size_t heads = 100'000;
  for (std::size_t i = 0; i < heads; ++i) {
    std::string frame;
    append_frame(frame, 1, i + 1, "");
    const auto claimed = static_cast<std::uint32_t>((heads - i - 1) * frame.size());
    for (std::size_t b = 0; b < 4; ++b) frame[b] = static_cast<char>(claimed >> (8 * b));
    bytes += frame;
  }
  EXPECT_THAT(refusal(bytes), HasSubstr("record 0 is damaged"));
}

}  // namespace
}  // namespace lorasweep
