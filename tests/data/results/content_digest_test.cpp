// SPDX-License-Identifier: Apache-2.0
// What content_sha256 depends on, and on what it does not.
#include "data/results/content_digest.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

std::string digest_with(const std::string& object, const std::string& attribute, const Array& value) {
  ContentDigest digest(Coverage::schema_1_1);
  digest.add("/summary/accuracy", "", list(std::vector<double>{1, 2}));
  digest.add(object, attribute, value);
  return digest.hex();
}

TEST(ContentDigest, DependsOnNameTypeShapeAndValue) {
  const std::string one = digest_with("/summary/x", "", list(std::vector<double>{0.0}));
  EXPECT_NE(one, digest_with("/summary/y", "", list(std::vector<double>{0.0})));
  EXPECT_NE(one, digest_with("/summary/x", "units", list(std::vector<double>{0.0})));
  EXPECT_NE(one, digest_with("/summary/x", "", list(std::vector<double>{-0.0})));
  EXPECT_NE(one, digest_with("/summary/x", "", list(std::vector<std::int64_t>{0})));
  EXPECT_NE(one, digest_with("/summary/x", "", scalar(0.0)));
  EXPECT_NE(one, digest_with("/summary/x", "", Array{{1, 1}, std::vector<double>{0.0}}));
  EXPECT_NE(digest_with("/summary/x", "", list(std::vector<std::string>{"ab", "c"})),
            digest_with("/summary/x", "", list(std::vector<std::string>{"a", "bc"})));
}

TEST(ContentDigest, DoesNotDependOnTheOrderOfParts) {
  ContentDigest forth(Coverage::schema_1_1), back(Coverage::schema_1_1);
  forth.add("/a", "", scalar(1.0));
  forth.add("/b", "", scalar(2.0));
  back.add("/b", "", scalar(2.0));
  back.add("/a", "", scalar(1.0));
  EXPECT_EQ(forth.hex(), back.hex());
}

TEST(ContentDigest, PassesOverTimingsAndProvenance) {
  for (const Coverage coverage : {Coverage::schema_1_0, Coverage::schema_1_1, Coverage::schema_1_2}) {
    EXPECT_FALSE(is_covered(coverage, "/evaluations/t_finished_utc", ""));
    EXPECT_FALSE(is_covered(coverage, "/evaluations/attempt", "long_name"));
    EXPECT_FALSE(is_covered(coverage, "/provenance/sessions", ""));
    EXPECT_FALSE(is_covered(coverage, "/", "created_utc"));
    EXPECT_FALSE(is_covered(coverage, "/summary/accuracy", "DIMENSION_LIST"));
    EXPECT_TRUE(is_covered(coverage, "/", "title"));
    EXPECT_TRUE(is_covered(coverage, "/evaluations/loss", ""));
    EXPECT_EQ(is_covered(coverage, "/composed/provenance/r0", "created_utc"), coverage != Coverage::schema_1_2);
    EXPECT_TRUE(is_covered(coverage, "/adapters/sha256", ""));
  }
}

TEST(ContentDigest, PassesOverPlacesOfAdaptersSince11) {
  for (const char* place : {"/adapters/source", "/adapters/format"})
    for (const char* attribute : {"", "long_name"}) {
      EXPECT_TRUE(is_covered(Coverage::schema_1_0, place, attribute));
      EXPECT_FALSE(is_covered(Coverage::schema_1_1, place, attribute));
    }
  EXPECT_EQ(coverage_of_schema("1.0.0"), Coverage::schema_1_0);
  EXPECT_EQ(coverage_of_schema("1.0.7"), Coverage::schema_1_0);
  for (const char* version : {"1.1.0", "1.1.7"}) EXPECT_EQ(coverage_of_schema(version), Coverage::schema_1_1);
  for (const char* version : {"1.2.0", "1.3.0", "1.10.0"}) EXPECT_EQ(coverage_of_schema(version), Coverage::schema_1_2);
}

TEST(ContentDigest, PassesOverWhatRunsOfBefore11DoNotKnow) {
  for (const char* note :
       {"/summary/n_finished", "/summary/n_cut_shots", "/summary/n_cut_shot_targets", "/summary/n_cut_test",
        "/summary/n_cut_few_shot", "/predictions/input_cut", "/adapters/n_sites", "/adapters/n_idle_sites"})
    for (const char* attribute : {"", "long_name"}) {
      EXPECT_FALSE(is_covered(Coverage::schema_1_1, note, attribute)) << note;
      EXPECT_TRUE(is_covered(Coverage::everything, note, attribute))
          << "but it is compared with what was to be written";
    }
  EXPECT_TRUE(is_covered(Coverage::schema_1_1, "/summary/n_examples", ""));
}

TEST(ContentDigest, PassesOverWhatAFileMayLeaveOutAndWhatFollowsFromTheRestSince12) {
  for (const char* object : {"/composed", "/composed/values_0", "/composed/a task/r0", "/examples/input",
                             "/statistics/p", "/predictions/target", "/summary/canary", "/summary/by_shots",
                             "/summary/n_below_zero_shot", "/summary/most_below_zero_shot"})
    for (const char* attribute : {"", "long_name"}) {
      EXPECT_FALSE(is_covered(Coverage::schema_1_2, object, attribute)) << object;
      EXPECT_TRUE(is_covered(Coverage::schema_1_1, object, attribute)) << object;
      EXPECT_TRUE(is_covered(Coverage::everything, object, attribute)) << object;
    }
  for (const char* object :
       {"/predictions/prediction", "/predictions/correct_lorahub", "/tokens/id", "/evaluations/nll", "/screen/loss",
        "/summary/task_sha256", "/summary/guard", "/composed_of", "/examples_of"})
    EXPECT_TRUE(is_covered(Coverage::schema_1_2, object, "")) << object;
}

TEST(ContentDigest, OfEverythingPassesOverNothingButHdf5sOwn) {
  for (const char* object : {"/evaluations/t_finished_utc", "/provenance/sessions", "/adapters/source"})
    EXPECT_TRUE(is_covered(Coverage::everything, object, ""));
  EXPECT_TRUE(is_covered(Coverage::everything, "/", "created_utc"));
  EXPECT_FALSE(is_covered(Coverage::everything, "/summary/accuracy", "DIMENSION_LIST"));
  ContentDigest with(Coverage::everything), without(Coverage::everything);
  with.add_group("/composed");
  EXPECT_EQ(with.first_difference(without), "/composed");
}

TEST(ContentDigest, NamesTheFirstDifference) {
  ContentDigest one(Coverage::schema_1_1), other(Coverage::schema_1_1);
  one.add("/a", "", scalar(1.0));
  other.add("/a", "", scalar(1.0));
  EXPECT_EQ(one.first_difference(other), "");
  other.add("/b", "units", scalar(1.0));
  EXPECT_EQ(one.first_difference(other), "/b@units");
  EXPECT_EQ(other.first_difference(one), "/b@units");
  one.add("/b", "units", scalar(2.0));
  EXPECT_EQ(one.first_difference(other), "/b@units");
}

}  // namespace
}  // namespace lorasweep
