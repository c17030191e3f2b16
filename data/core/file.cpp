// SPDX-License-Identifier: Apache-2.0
#include "data/core/file.h"

#include "data/core/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace lorasweep {
namespace {

std::string reason(int error) { return std::system_category().message(error); }

// A descriptor for writing that is closed on every way out.
class WriteHandle {
 public:
  WriteHandle(const std::filesystem::path& path, int flags)
      : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail("cannot be opened for writing");
  }
  ~WriteHandle() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  WriteHandle(const WriteHandle&) = delete;
  WriteHandle& operator=(const WriteHandle&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail("cannot be written");
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
  }
  void sync() {
    if (::fsync(descriptor_) != 0) fail("cannot be synced");
  }
  void close() {  // NFS may say only now that there was no room
    if (::close(std::exchange(descriptor_, -1)) != 0) fail("cannot be closed");
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw StorageError(path_.string(), fmt::format("{}: {}", what, reason(errno)),
                       "check space, quota and permissions there");
  }
  std::filesystem::path path_;
  int descriptor_;
};

void sync_directory(const std::filesystem::path& file) {
  const std::filesystem::path directory = file.has_parent_path() ? file.parent_path() : ".";
  WriteHandle handle(directory, O_RDONLY | O_DIRECTORY);
  handle.sync();
  handle.close();
}

}  // namespace

RandomAccessFile::RandomAccessFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(),
                       O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not make us wait for its writer
  if (descriptor_ < 0 && (errno == EMFILE || errno == ENFILE))
    throw StorageError(path_.string(), "cannot be opened: " + reason(errno),
                       "raise the limit of open files: ulimit -n");
  if (descriptor_ < 0)
    throw InputError(path_.string(), "cannot be opened: " + reason(errno), "check the path and its permissions");
  struct stat status {};
  const bool known = ::fstat(descriptor_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    throw InputError(path_.string(), "is not a regular file");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

RandomAccessFile::~RandomAccessFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

RandomAccessFile::RandomAccessFile(RandomAccessFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

RandomAccessFile& RandomAccessFile::operator=(RandomAccessFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(size_, other.size_);
  return *this;
}

void RandomAccessFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t done = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) throw InputError(path_.string(), fmt::format("cannot be read at byte {}: {}", offset, reason(errno)));
    if (done == 0)
      throw InputError(path_.string(), fmt::format("ends before byte {}", offset + out.size()),
                       "the file is cut short: copy or download it again");
    offset += static_cast<std::uint64_t>(done);
    out = out.subspan(static_cast<std::size_t>(done));
  }
}

bool is_there(const std::filesystem::path& path) {
  std::error_code unreadable;
  return std::filesystem::symlink_status(path, unreadable).type() != std::filesystem::file_type::not_found;
}

std::string read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const RandomAccessFile file(path);
  if (file.size() > max_bytes)
    throw InputError(path.string(),
                     fmt::format("has {} bytes, more than the {} that such a file may have", file.size(), max_bytes),
                     "check that this is the right file");
  std::string text(file.size(), '\0');
  file.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

void replace_file(const std::filesystem::path& temporary, const std::filesystem::path& path) {
  WriteHandle handle(temporary, O_WRONLY);
  handle.sync();
  handle.close();
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    throw StorageError(path.string(), "cannot be replaced: " + reason(errno),
                       "check space, quota and permissions there");
  sync_directory(path);
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes) {
  const std::filesystem::path temporary = fmt::format("{}.{}.tmp", path.string(), ::getpid());
  try {
    WriteHandle handle(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    handle.write(bytes);
    handle.close();
    replace_file(temporary, path);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

}  // namespace lorasweep
