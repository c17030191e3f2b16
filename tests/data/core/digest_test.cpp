// SPDX-License-Identifier: Apache-2.0
// SHA-256 against the examples of FIPS 180-2, and that different inputs cannot run into each other.
#include "data/core/digest.h"

#include "data/core/error.h"
#include "tests/testing/temporary_folder.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace lorasweep {
namespace {

TEST(Digest, GivesThePublishedExamples) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  const std::string content(5'000'000, 'x');  // longer than one block of the reader
  folder.write("a", content);
  EXPECT_EQ(sha256_file(folder.path() / "a"), sha256_hex(content));
  EXPECT_THROW(sha256_file(folder.path() / "missing"), InputError);
}

TEST(Digest, KeepsTheBordersBetweenTexts) {
  const auto of = [](std::string_view a, std::string_view b) {
    Sha256 digest;
    digest.add(a);
    digest.add(b);
    return digest.hex();
  };
  EXPECT_NE(of("ab", "c"), of("a", "bc"));
}

TEST(Digest, TakesNumbersByTheirBits) {
  const auto of = [](auto value) {
    Sha256 digest;
    digest.add(value);
    return digest.hex();
  };
  EXPECT_EQ(of(std::uint64_t{0x0102}), sha256_hex(std::string("\x02\x01\0\0\0\0\0\0", 8)));
  EXPECT_EQ(of(1.0), sha256_hex(std::string("\0\0\0\0\0\0\xf0\x3f", 8)));
  EXPECT_NE(of(0.0), of(-0.0));
}

TEST(Digest, CanBeMovedWhileItIsFed) {
  Sha256 first;
  first.bytes(std::as_bytes(std::span("a", 1)));
  Sha256 second = std::move(first);
  second.bytes(std::as_bytes(std::span("bc", 2)));
  EXPECT_EQ(second.hex(), sha256_hex("abc"));
}

}  // namespace
}  // namespace lorasweep
