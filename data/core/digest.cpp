// SPDX-License-Identifier: Apache-2.0
// OpenSSL's SHA-256 behind an interface that does not show it.
#include "data/core/digest.h"

#include "data/core/error.h"
#include "data/core/file.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>
#include <new>
#include <vector>

namespace lorasweep {

struct Sha256::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> evp{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
};

namespace {

void check(int result) {
  if (result != 1) throw InternalError("SHA-256 is not available in this OpenSSL");
}

}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  if (!context_->evp) throw std::bad_alloc();
  check(EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::bytes(std::span<const std::byte> data) {
  check(EVP_DigestUpdate(context_->evp.get(), data.data(), data.size()));
}

void Sha256::add(std::string_view text) {
  add(std::uint64_t{text.size()});
  bytes(std::as_bytes(std::span(text)));
}

void Sha256::add(std::uint64_t value) {
  std::array<std::byte, 8> little_endian;
  for (std::size_t i = 0; i < 8; ++i) little_endian[i] = static_cast<std::byte>(value >> (8 * i));
  bytes(little_endian);
}

void Sha256::add(double value) { add(std::bit_cast<std::uint64_t>(value)); }

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest;
  unsigned size = digest.size();
  check(EVP_DigestFinal_ex(context_->evp.get(), digest.data(), &size));
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view text) {
  Sha256 digest;
  digest.bytes(std::as_bytes(std::span(text)));
  return digest.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  const RandomAccessFile file(path);
  Sha256 digest;
  std::vector<std::byte> block(std::size_t{4} << 20);
  for (std::uint64_t offset = 0; offset < file.size();) {
    const std::size_t count = std::min<std::uint64_t>(block.size(), file.size() - offset);
    file.read(offset, std::span(block).first(count));
    digest.bytes(std::span(block).first(count));
    offset += count;
  }
  return digest.hex();
}

}  // namespace lorasweep
