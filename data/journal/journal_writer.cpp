// SPDX-License-Identifier: Apache-2.0
// The writing end of the journal: locked, appended with one write, synced.
#include "data/core/directory.h"
#include "data/core/error.h"
#include "data/core/file_calls.h"
#include "data/journal/journal.h"
#include "data/journal/journal_frame.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

namespace lorasweep {
namespace {

// Closes what is not handed on.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) file_calls().close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& doing) {
  const int error = errno;
  throw StorageError(path.string(), fmt::format("{}: {}", doing, std::strerror(error)),
                     error == ENOSPC || error == EDQUOT || error == EFBIG
                         ? "make room on the file system, then run again: everything synced before is kept"
                         : "check the directory and its file system, then run again");
}

std::filesystem::path owner_note(const std::filesystem::path& journal) { return journal.string() + ".owner"; }

// Advice for the reader of an error message only, so nothing depends on it having been written.
void leave_owner_note(const std::filesystem::path& journal) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return;
  std::ofstream(owner_note(journal), std::ios::trunc) << "process " << ::getpid() << " on host " << host.data() << "\n";
}

std::string read_owner_note(const std::filesystem::path& journal) {
  std::string note(256, '\0');
  std::ifstream file(owner_note(journal), std::ios::binary);
  file.read(note.data(), note.size());
  note.resize(file.gcount());
  note.resize(std::min(note.size(), note.find('\n')));
  return note.empty() ? "another process" : note;
}

void lock(const std::filesystem::path& path, int descriptor) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) refuse(path, "cannot be locked on this file system");
    throw StorageError(path.string(), "is being written by " + read_owner_note(path),
                       "wait until that run has ended, or give this one another directory");
  }
  leave_owner_note(path);
}

void write_all(const std::filesystem::path& path, int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = file_calls().write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse(path, "cannot be written");
    bytes.remove_prefix(written);
  }
}

constexpr const char* leave_alone =
    "leave the directories of running sweeps alone; run again to continue what is there";

// Both are asked at the same time: a file system may give a file another number later, but not two at once.
void require_same_file(const std::filesystem::path& path, int descriptor, std::uint64_t bytes) {
  struct stat held {
  }, found{};
  if (::fstat(descriptor, &held) != 0) refuse(path, "cannot be examined");
  if (::stat(path.c_str(), &found) != 0) {
    if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE) refuse(path, "cannot be examined");
    throw StorageError(path.string(), "was removed while this run was writing it", leave_alone);
  }
  if (held.st_dev != found.st_dev || held.st_ino != found.st_ino)
    throw StorageError(path.string(), "was replaced by another file while this run was writing it", leave_alone);
  if (std::cmp_not_equal(held.st_size, bytes))
    throw StorageError(
        path.string(),
        fmt::format("has {} bytes, but this run wrote {}: somebody else changed it", held.st_size, bytes), leave_alone);
}

}  // namespace

JournalWriter::JournalWriter(std::filesystem::path path, int descriptor, std::uint32_t version,
                             std::uint64_t next_sequence, std::uint64_t bytes)
    : path_(std::move(path)),
      descriptor_(descriptor),
      version_(version),
      next_sequence_(next_sequence),
      bytes_(bytes) {}

JournalWriter::~JournalWriter() {
  if (descriptor_ >= 0) file_calls().close(descriptor_);
}

JournalWriter::JournalWriter(JournalWriter&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      version_(other.version_),
      next_sequence_(other.next_sequence_),
      bytes_(other.bytes_),
      broken_(other.broken_) {}

JournalWriter& JournalWriter::operator=(JournalWriter&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(version_, other.version_);
  std::swap(next_sequence_, other.next_sequence_);
  std::swap(bytes_, other.bytes_);
  std::swap(broken_, other.broken_);
  return *this;
}

JournalWriter JournalWriter::create(const std::filesystem::path& path) {
  Descriptor file(file_calls().open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0 && errno == EEXIST)
    throw StorageError(path.string(),
                       "File exists: somebody began a run there at this moment, or it is a dangling link",
                       "give this run another directory, or run again to continue that one");
  if (file.get() < 0) refuse(path, "cannot be created");
  lock(path, file.get());
  write_all(path, file.get(), journal_head());
  if (file_calls().fsync(file.get()) != 0) refuse(path, "cannot be synced");
  sync_directory_of(path);
  require_same_file(path, file.get(), journal_head().size());
  return JournalWriter(path, file.release(), journal_version, 0, journal_head().size());
}

JournalWriter JournalWriter::continue_after(const std::filesystem::path& path, const JournalContent& content) {
  Descriptor file(file_calls().open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC, 0));
  if (file.get() < 0) refuse(path, "cannot be opened for writing");
  lock(path, file.get());
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) refuse(path, "cannot be examined");
  const std::uint64_t size = status.st_size;
  // The lock was taken after the journal was read: somebody may have appended in between.
  if (size != content.valid_bytes + content.torn_bytes)
    throw StorageError(
        path.string(),
        fmt::format("has {} bytes, but {} when it was read", size, content.valid_bytes + content.torn_bytes),
        "another process wrote to it meanwhile: run again when that one has ended");
  if (content.torn_bytes > 0 && file_calls().ftruncate(file.get(), content.valid_bytes) != 0)
    refuse(path, "its torn tail cannot be cut");
  if (content.valid_bytes == 0) write_all(path, file.get(), journal_head());
  if (file_calls().fsync(file.get()) != 0) refuse(path, "cannot be synced");
  sync_directory_of(path);  // the process that created it may have been killed before it did
  const bool empty = content.valid_bytes == 0;
  const std::uint64_t bytes = empty ? journal_head().size() : content.valid_bytes;
  require_same_file(path, file.get(), bytes);
  return JournalWriter(path, file.release(), empty ? journal_version : content.version, content.records.size(), bytes);
}

void JournalWriter::append(std::span<const Record> records) {
  if (broken_ || descriptor_ < 0)
    throw StorageError(path_.string(), "an earlier write to the journal failed, so nothing more is written to it",
                       "resume the run");
  if (records.empty()) return;
  std::string frames;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string payload = encode_payload(records[i]);
    if (payload.size() > max_payload_bytes)
      throw InternalError(fmt::format("a journal record of {} bytes", payload.size()), path_.string());
    append_frame(
        frames,
        {.version = version_, .type = type_of(records[i]), .sequence = next_sequence_ + i, .first = next_sequence_},
        payload);
  }
  broken_ = true;  // until it is known that all is well
  check_owned();
  write_all(path_, descriptor_, frames);
  if (file_calls().fdatasync(descriptor_) != 0) refuse(path_, "cannot be synced");
  bytes_ += frames.size();
  check_owned();
  broken_ = false;
  next_sequence_ += records.size();
}

void JournalWriter::check_owned() const { require_same_file(path_, descriptor_, bytes_); }

}  // namespace lorasweep
