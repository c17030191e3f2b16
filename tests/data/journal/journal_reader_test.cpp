// SPDX-License-Identifier: Apache-2.0
// What the reader makes of journals that were cut, flipped, spliced or made up.
#include "data/journal/journal_reader.h"

#include "data/core/error.h"
#include "data/journal/journal_frame.h"
#include "tests/data/journal/sample_records.h"
#include "tests/testing/expect_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace lorasweep {
namespace {

struct Sample {
  explicit Sample(std::uint32_t of_version) : version(of_version) {}

  std::uint32_t version;
  std::vector<Record> records;
  std::string bytes = journal_head(version);
  std::vector<std::size_t> ends{bytes.size()};  // ends[n]: where the n-th frame begins

  /// As one append.
  void add(const std::vector<Record>& more) {
    const std::size_t first = records.size();
    for (const Record& record : more) {
      append_frame(bytes, {.version = version, .type = type_of(record), .sequence = records.size(), .first = first},
                   encode_payload(record));
      records.push_back(record);
      ends.push_back(bytes.size());
    }
  }
};

// What tests count on: one record of each kind that was there from the beginning.
std::vector<Record> six_records() {
  std::vector<Record> records = sample_records();
  records.resize(6);
  return records;
}

// Appends of one record and of several.
Sample make_sample(std::uint32_t version = journal_version) {
  Sample sample(version);
  for (const Record& record : six_records()) sample.add({record});
  sample.add(six_records());
  return sample;
}

// Of one record each: the last frame is all that may be cut.
Sample make_single_sample(std::uint32_t version) {
  Sample sample(version);
  for (int round = 0; round < 2; ++round)
    for (const Record& record : six_records()) sample.add({record});
  return sample;
}

constexpr std::array versions{oldest_journal_version, journal_version};

void expect_prefix(const JournalContent& content, const Sample& sample) {
  ASSERT_LE(content.records.size(), sample.records.size());
  for (std::size_t i = 0; i < content.records.size(); ++i)
    EXPECT_TRUE(same_record(content.records[i], sample.records[i])) << "record " << i;
}

Refusal refusal(const std::string& bytes) {
  return refusal_of([&] { parse_journal(bytes, "run/journal"); });
}

TEST(JournalReader, ReadsAWholeJournal) {
  for (const std::uint32_t version : versions) {
    const Sample sample = make_sample(version);
    const JournalContent content = parse_journal(sample.bytes, "journal");
    EXPECT_EQ(content.version, version);
    EXPECT_EQ(content.records.size(), 12u);
    EXPECT_EQ(content.valid_bytes, sample.bytes.size());
    EXPECT_EQ(content.torn_bytes, 0u);
    expect_prefix(content, sample);
  }
}

TEST(JournalReader, ReadsTheWholeFramesOfAFileCutAtAnyByte) {
  for (const std::uint32_t version : versions) {
    const Sample sample = make_sample(version);
    for (std::size_t length = 0; length < sample.bytes.size(); ++length) {
      const JournalContent content = parse_journal(sample.bytes.substr(0, length), "journal");
      std::size_t whole = 0;
      while (whole + 1 < sample.ends.size() && sample.ends[whole + 1] <= length) ++whole;
      ASSERT_EQ(content.records.size(), whole) << "cut at " << length;
      EXPECT_EQ(content.version, length < journal_head_bytes ? 0 : version);
      EXPECT_EQ(content.valid_bytes, length < journal_head_bytes ? 0 : sample.ends[whole]);
      EXPECT_EQ(content.valid_bytes + content.torn_bytes, length);
      expect_prefix(content, sample);
    }
  }
}

TEST(JournalReader, RefusesOrCutsAFlippedByteButNeverReadsItsRecord) {
  for (const std::uint32_t version : versions) {
    const Sample sample = make_single_sample(version);
    const std::size_t last_frame = sample.ends[sample.ends.size() - 2];
    for (std::size_t at = 0; at < sample.bytes.size(); ++at)
      for (const int flip : {0x01, 0x80, 0xff}) {
        std::string bytes = sample.bytes;
        bytes[at] = static_cast<char>(bytes[at] ^ flip);
        if (at < last_frame) {
          EXPECT_THAT(refusal(bytes), Refused(ExitCode::bad_input, "run/journal"))
              << "byte " << at << " flipped by " << flip;
        } else {
          const JournalContent content = parse_journal(bytes, "journal");
          EXPECT_EQ(content.records.size(), sample.records.size() - 1) << "byte " << at << " flipped by " << flip;
          EXPECT_EQ(content.valid_bytes, last_frame);
          expect_prefix(content, sample);
        }
      }
  }
}

// Flips in an append that may not have been synced take that append's rest or all of it, and nothing before it.
TEST(JournalReader, CutsNothingButTheLastAppendWhereAByteOfItIsFlipped) {
  const Sample sample = make_sample();
  const std::size_t last_append = sample.ends[6];
  for (std::size_t at = last_append; at < sample.bytes.size(); ++at) {
    std::string bytes = sample.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x01);
    const JournalContent content = parse_journal(bytes, "journal");
    EXPECT_EQ(content.records.size(), at < sample.ends[11] ? 6u : 11u) << "byte " << at;
    EXPECT_EQ(content.valid_bytes, sample.ends[content.records.size()]);
    expect_prefix(content, sample);
  }
}

TEST(JournalReader, CutsATornAppendBackToItsStartWhicheverOfItsFramesAreMissing) {
  const Sample sample = make_sample();
  for (unsigned lost = 1; lost < 1u << 6; ++lost) {
    std::string bytes = sample.bytes;
    for (std::size_t i = 0; i < 6; ++i)
      if ((lost >> i & 1) != 0)
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(sample.ends[6 + i]),
                  bytes.begin() + static_cast<std::ptrdiff_t>(sample.ends[7 + i]), '\0');
    const JournalContent content = parse_journal(bytes, "journal");
    // Where only its end is missing, what is there in one piece is kept.
    std::size_t kept = 6;
    while ((lost >> (kept - 6) & 1) == 0) ++kept;
    const bool is_tail = lost >> (kept - 6) == (1u << (12 - kept)) - 1;
    EXPECT_EQ(content.records.size(), is_tail ? kept : 6u) << "lost " << lost;
    EXPECT_EQ(content.valid_bytes, sample.ends[content.records.size()]);
    EXPECT_EQ(content.valid_bytes + content.torn_bytes, bytes.size());
    expect_prefix(content, sample);
  }
}

// Pages reach the disk in any order, and the file's new length before or after them.
TEST(JournalReader, KeepsAllThatWasSyncedWhicheverPagesOfTheLastAppendAreMissing) {
  for (const std::size_t page : {std::size_t{64}, std::size_t{100}, std::size_t{512}}) {
    const Sample sample = make_sample();
    const std::size_t synced = sample.ends[6];
    const std::size_t first_page = synced / page, pages = (sample.bytes.size() - 1) / page + 1 - first_page;
    ASSERT_LE(pages, 14u);
    for (unsigned lost = 0; lost < 1u << pages; ++lost) {
      std::string bytes = sample.bytes;
      for (std::size_t at = synced; at < bytes.size(); ++at)
        if ((lost >> (at / page - first_page) & 1) != 0) bytes[at] = '\0';
      for (std::size_t length :
           {bytes.size(), synced, (synced / page + 1) * page, synced + (bytes.size() - synced) / 2}) {
        length = std::min(length, bytes.size());
        const JournalContent content = parse_journal(bytes.substr(0, length), "journal");
        ASSERT_GE(content.records.size(), 6u) << "pages of " << page << ", lost " << lost << ", length " << length;
        EXPECT_EQ(content.valid_bytes, sample.ends[content.records.size()]);
        expect_prefix(content, sample);
      }
    }
  }
}

TEST(JournalReader, RefusesAHoleBeforeTheLastAppend) {
  const Sample sample = make_sample();
  for (std::size_t hole = 0; hole < 6; ++hole)
    for (std::size_t until = hole + 1; until < 12; ++until) {
      std::string bytes = sample.bytes;
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(sample.ends[hole]),
                bytes.begin() + static_cast<std::ptrdiff_t>(sample.ends[until]), '\0');
      EXPECT_THAT(refusal(bytes),
                  Refused(ExitCode::bad_input, "run/journal, offset " + std::to_string(sample.ends[hole]),
                          {"record " + std::to_string(hole), "damaged"}))
          << hole << " until " << until;
    }
  Sample longer = make_sample();
  longer.add({six_records().back()});  // the append of six was synced, or this one would not be there
  longer.bytes[longer.ends[6] + 3] ^= 1;
  EXPECT_THAT(refusal(longer.bytes), Refused(ExitCode::bad_input, "run/journal", {"record 6", "damaged"}));
}

TEST(JournalReader, RefusesAHoleWithAnyLaterAppendBehindItInWhateverOrder) {
  Sample sample = make_sample();
  sample.add({six_records().back()});
  const auto frame = [&](std::size_t i) {
    return sample.bytes.substr(sample.ends[i], sample.ends[i + 1] - sample.ends[i]);
  };
  const std::string start = sample.bytes.substr(0, sample.ends[6]), hole(1000, '\0');  // room for all that is missing
  EXPECT_THAT(refusal(start + hole + frame(7)), Accepted());
  EXPECT_THAT(refusal(start + hole + frame(12) + frame(7)),
              Refused(ExitCode::bad_input, "run/journal", {"record 6", "damaged"}));
  EXPECT_THAT(refusal(start + hole + frame(7) + frame(12)),
              Refused(ExitCode::bad_input, "run/journal", {"record 6", "damaged"}));
}

TEST(JournalReader, RefusesFramesOfAnAppendThatIsNotThere) {
  for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{5}, std::uint64_t{13}, ~std::uint64_t{0}}) {
    Sample sample = make_sample();
    append_frame(sample.bytes, {.type = 6, .sequence = 12, .first = first}, "");
    EXPECT_THAT(refusal(sample.bytes), Refused(ExitCode::bad_input, "run/journal", {"record 12", "append"})) << first;
  }
  Sample sample = make_sample();
  append_frame(sample.bytes, {.type = 6, .sequence = 12, .first = 6}, "");
  EXPECT_THAT(refusal(sample.bytes), Accepted());
}

TEST(JournalReader, ReadsTheJournalOfAnOlderProgram) {
  const JournalContent content = read_journal(LORASWEEP_GOLDEN_DIR "/v0.1.0/lorahub/journal");
  EXPECT_EQ(content.version, 1u);
  EXPECT_EQ(content.torn_bytes, 0u);
  const auto count = [&](std::size_t kind) { return std::ranges::count(content.records, kind, &Record::index); };
  EXPECT_EQ(count(0), 1);    // the manifest
  EXPECT_EQ(count(2), 160);  // two tasks, two seeds, forty evaluations
  EXPECT_EQ(count(3), 96);   // twelve examples: two tasks by two seeds and two baselines each
  EXPECT_EQ(count(5), 1);
}

TEST(JournalReader, RefusesAnyHoleInAJournalThatDoesNotNameItsAppends) {
  const Sample sample = make_sample(1);
  for (std::size_t i = 0; i < 11; ++i) {
    std::string bytes = sample.bytes;
    bytes[sample.ends[i]] ^= 1;
    EXPECT_THAT(refusal(bytes),
                Refused(ExitCode::bad_input, "run/journal", {"record " + std::to_string(i), "damaged"}));
  }
}

TEST(JournalReader, NamesTheOffsetOfDamage) {
  const Sample sample = make_sample();
  std::string bytes = sample.bytes;
  bytes[sample.ends[3] + frame_head_bytes(journal_version)] ^= 1;
  EXPECT_THAT(refusal(bytes), Refused(ExitCode::bad_input, "run/journal, offset " + std::to_string(sample.ends[3]),
                                      {"record 3", "damaged"}));
}

TEST(JournalReader, NamesAMissingRecord) {
  const Sample sample = make_sample();
  std::string bytes = sample.bytes;
  bytes.erase(sample.ends[2], sample.ends[3] - sample.ends[2]);
  EXPECT_THAT(refusal(bytes), Refused(ExitCode::bad_input, "run/journal", {"record 2", "missing", "number 3"}));
}

TEST(JournalReader, RefusesARecordThatIsThereTwice) {
  const Sample sample = make_sample();
  const std::string again = sample.bytes.substr(sample.ends[2], sample.ends[3] - sample.ends[2]);
  EXPECT_THAT(refusal(sample.bytes + again), Refused(ExitCode::bad_input, "run/journal", {"record 12", "missing"}));
}

TEST(JournalReader, CutsATailOfZeros) {
  const Sample sample = make_sample();
  const JournalContent content = parse_journal(sample.bytes + std::string(5000, '\0'), "journal");
  EXPECT_EQ(content.records.size(), 12u);
  EXPECT_EQ(content.torn_bytes, 5000u);
}

TEST(JournalReader, RefusesOtherFilesAndOtherVersions) {
  EXPECT_THAT(refusal("{\"json\": true, \"and\": \"long\"}"),
              Refused(ExitCode::bad_input, "run/journal", {"first bytes"}));
  EXPECT_THAT(refusal("short"), Refused(ExitCode::bad_input, "run/journal", {"first bytes"}));
  std::string head = journal_head();
  for (const char other : {'\0', '\3', '\x7f'}) {
    head[8] = other;
    EXPECT_THAT(refusal(head), Refused(ExitCode::bad_input, "run/journal, offset 8", {"version 1", "2"}));
  }
  std::string reserved = journal_head();
  reserved[12] = 1;
  EXPECT_THAT(refusal(reserved), Refused(ExitCode::bad_input, "run/journal, offset 8", {"version 1", "2"}));
}

TEST(JournalReader, RefusesAWholeFrameWhoseRecordIsUnknown) {
  std::string bytes = journal_head();
  append_frame(bytes, {.type = 42}, "payload");
  EXPECT_THAT(refusal(bytes), Refused(ExitCode::bad_input, "offset 16", {"type 42"}));
}

// Heads that overlap and each claim all that follows would make the search for later frames quadratic.
TEST(JournalReader, SoonGivesUpOnBytesMadeToKeepItBusy) {
  std::string bytes = journal_head() + std::string(frame_overhead_bytes(journal_version), '\1');
  constexpr std::size_t heads = 100'000;
  for (std::size_t i = 0; i < heads; ++i) {
    std::string frame;
    append_frame(frame, {.type = 1, .sequence = i + 1}, "");
    const auto claimed = static_cast<std::uint32_t>((heads - i - 1) * frame.size());
    for (std::size_t b = 0; b < 4; ++b) frame[b] = static_cast<char>(claimed >> (8 * b));
    bytes += frame;
  }
  EXPECT_THAT(refusal(bytes), Refused(ExitCode::bad_input, "run/journal", {"record 0", "damaged"}));
}

}  // namespace
}  // namespace lorasweep
