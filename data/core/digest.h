// SPDX-License-Identifier: Apache-2.0
// SHA-256, the identity of inputs and results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lorasweep {

/// Incremental SHA-256. The typed `add` functions are unambiguous: strings carry their length, numbers their
/// little-endian bits.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void bytes(std::span<const std::byte> data);  ///< raw bytes, no length
  void add(std::string_view text);              ///< length (u64), then bytes
  void add(std::uint64_t value);
  void add(double value);  ///< its bits; -0.0 and 0.0 differ
  std::string hex();       ///< 64 lower-case digits; the object is finished afterwards

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view text);
std::string sha256_file(const std::filesystem::path& path);  ///< InputError if it cannot be read

}  // namespace lorasweep
