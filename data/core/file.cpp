// SPDX-License-Identifier: Apache-2.0
// POSIX calls behind objects that close themselves and errors that name the file.
#include "data/core/file.h"

#include "data/core/directory.h"
#include "data/core/error.h"
#include "data/core/file_calls.h"

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
      : path_(path), descriptor_(file_calls().open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (descriptor_ < 0) fail("cannot be opened for writing");
  }
  ~WriteHandle() {
    if (descriptor_ >= 0) file_calls().close(descriptor_);
  }
  WriteHandle(const WriteHandle&) = delete;
  WriteHandle& operator=(const WriteHandle&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t done = file_calls().write(descriptor_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail("cannot be written");
      bytes.remove_prefix(done);
    }
  }
  void sync() {
    if (file_calls().fsync(descriptor_) != 0) fail("cannot be synced");
  }
  void close() {  // NFS may say only now that there was no room
    if (file_calls().close(std::exchange(descriptor_, -1)) != 0) fail("cannot be closed");
  }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw StorageError(path_.string(), fmt::format("{}: {}", what, reason(errno)),
                       "check space, quota and permissions there");
  }
  std::filesystem::path path_;
  int descriptor_;
};

// Where the path is right and its permissions too, it is not the file's fault.
[[noreturn]] void fail_to_read(const std::filesystem::path& path, const std::string& what, int error) {
  const std::string problem = what + ": " + reason(error);
  switch (error) {
    case EMFILE:
    case ENFILE: throw StorageError(path.string(), problem, "raise the limit of open files: ulimit -n");
    case EIO:
    case ENOMEM:
    case ENOLCK:
    case ESTALE:
    case ETIMEDOUT: throw StorageError(path.string(), problem, "check the file system, then run again");
    default: throw InputError(path.string(), problem, "check the path and its permissions");
  }
}

}  // namespace

RandomAccessFile::RandomAccessFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(),
                       O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not make us wait for its writer
  if (descriptor_ < 0) fail_to_read(path_, "cannot be opened", errno);
  struct stat status {};
  const int error = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (error != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    if (error != 0) fail_to_read(path_, "cannot be examined", error);
    throw InputError(path_.string(), "is not a regular file");
  }
  size_ = status.st_size;
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
    const ssize_t done = ::pread(descriptor_, out.data(), out.size(), offset);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail_to_read(path_, fmt::format("cannot be read at byte {}", offset), errno);
    if (done == 0)
      throw InputError(path_.string(), fmt::format("ends before byte {}", offset + out.size()),
                       "the file is cut short: copy or download it again");
    offset += done;
    out = out.subspan(done);
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
  if (file_calls().rename(temporary.c_str(), path.c_str()) != 0)
    throw StorageError(path.string(), "cannot be replaced: " + reason(errno),
                       "check space, quota and permissions there");
  sync_directory_of(path);
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
