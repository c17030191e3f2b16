// SPDX-License-Identifier: Apache-2.0
// What all fuzz targets share: a file that lives in memory, and the rule that a refusal is an Error and nothing else.
#pragma once

#include "data/core/error.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

namespace lorasweep {

/// The parser may refuse its bytes with an Error. Any other exception ends the process, as a crash does.
template <typename Parse>
void accept_or_refuse(Parse parse) {
  try {
    parse();
  } catch (const Error&) {
  }
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A directory of the process, for parsers that want one: the file in it is written anew each time. tests/fuzz/run
/// clears up behind it.
inline std::filesystem::path new_directory() {
  std::string name = (std::filesystem::temp_directory_path() / "fuzz_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

/// A regular file without a disk, for parsers that read by position.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor_ < 0 || ::write(descriptor_, data, size) != static_cast<ssize_t>(size)) std::abort();
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace lorasweep
