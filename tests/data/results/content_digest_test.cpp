// SPDX-License-Identifier: Apache-2.0
// What content_sha256 depends on, and on what it does not.
#include "data/results/content_digest.h"

#include <gtest/gtest.h>

namespace lorasweep {
namespace {

std::string digest_with(const std::string& object, const std::string& attribute, const Array& value) {
  ContentDigest digest;
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
  ContentDigest forth, back;
  forth.add("/a", "", scalar(1.0));
  forth.add("/b", "", scalar(2.0));
  back.add("/b", "", scalar(2.0));
  back.add("/a", "", scalar(1.0));
  EXPECT_EQ(forth.hex(), back.hex());
}

TEST(ContentDigest, PassesOverTimingsAndProvenance) {
  EXPECT_FALSE(is_covered("/evaluations/t_finished_utc", ""));
  EXPECT_FALSE(is_covered("/evaluations/attempt", "long_name"));
  EXPECT_FALSE(is_covered("/provenance/sessions", ""));
  EXPECT_FALSE(is_covered("/", "created_utc"));
  EXPECT_FALSE(is_covered("/summary/accuracy", "DIMENSION_LIST"));
  EXPECT_TRUE(is_covered("/", "title"));
  EXPECT_TRUE(is_covered("/evaluations/loss", ""));
  EXPECT_TRUE(is_covered("/composed/provenance/r0", "created_utc"));
}

TEST(ContentDigest, NamesTheFirstDifference) {
  ContentDigest one, other;
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
