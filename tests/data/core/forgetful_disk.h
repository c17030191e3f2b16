// SPDX-License-Identifier: Apache-2.0
// A disk that fails when it is told to, and in a power failure forgets what was not synced. The files are real ones, so
// that reading, locking and asking need no double: a power failure gives them the content that a disk would have kept.
#pragma once

#include "data/core/file_calls.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>

namespace lorasweep {

/// What a power failure leaves of bytes and names that were not synced. POSIX allows all of these.
enum class Kept { nothing, some, everything };

/// In force as long as it lives. Knows the files that were made or written through it below `root`, which must be empty
/// when it begins; their names count as lost until the directory is synced.
class ForgetfulDisk final : public FileCalls {
 public:
  explicit ForgetfulDisk(std::filesystem::path root) : root_(std::move(root)), before_(put_file_calls(this)) {}
  ~ForgetfulDisk() override { put_file_calls(before_); }

  /// From the `number`-th call on (from 1) that changes or syncs anything, all fail with `error`: the machine is off.
  void go_off_at(int number) { off_at_ = number; }
  /// Only that call fails. A write does half of its work before.
  void fail_at(int number, int error) { fail_at_ = number, error_ = error; }
  int calls() const { return calls_; }

  /// The power fails, and comes back: files and names are what was synced, and of the rest what `kept` says.
  void lose_power(Kept kept, unsigned seed) {
    std::mt19937 random(seed);
    const auto keeps = [&] { return kept == Kept::everything || (kept == Kept::some && random() % 2 == 0); };
    std::map<std::string, std::string> left;
    std::map<std::string, std::shared_ptr<File>> either = names_;
    either.insert(synced_names_.begin(), synced_names_.end());
    for (const auto& [name, any] : either) {
      const auto now = found(names_, name), synced = found(synced_names_, name);
      if (const auto file = now == synced || keeps() ? now : synced) left[name] = content_after(*file, keeps, random);
    }
    clear();
    for (const auto& [name, bytes] : left) {
      std::ofstream(name, std::ios::binary) << bytes;
      names_[name] = std::make_shared<File>(File{bytes, bytes});
    }
    synced_names_ = names_;
  }

  /// Nothing is there, as at the beginning; all calls succeed.
  void clear() {
    off_at_ = fail_at_ = 0;
    for (const auto& entry : std::filesystem::directory_iterator(root_)) std::filesystem::remove_all(entry.path());
    names_.clear();
    synced_names_.clear();
  }

  int open(const char* path, int flags, mode_t mode) override {
    const bool creates = (flags & O_CREAT) != 0 && !std::filesystem::exists(path);
    if ((flags & (O_CREAT | O_TRUNC)) != 0 && fails()) return -1;
    const int descriptor = FileCalls::open(path, flags, mode);
    if (descriptor < 0 || !is_below(path)) return descriptor;
    paths_[descriptor] = path;
    if (creates) names_[path] = std::make_shared<File>();
    if ((flags & O_TRUNC) != 0) now_of(descriptor).clear();
    return descriptor;
  }
  ssize_t write(int descriptor, const void* bytes, std::size_t count) override {
    const bool failed = fails();
    const int error = errno;
    if (failed && is_off()) return -1;
    const ssize_t done = FileCalls::write(descriptor, bytes, failed ? count / 2 : count);
    if (done > 0 && paths_.count(descriptor) != 0)
      now_of(descriptor).append(static_cast<const char*>(bytes), static_cast<std::size_t>(done));
    errno = error;
    return failed ? -1 : done;
  }
  int fsync(int descriptor) override { return sync(descriptor); }
  int fdatasync(int descriptor) override { return sync(descriptor); }
  int ftruncate(int descriptor, off_t length) override {
    if (fails()) return -1;
    if (FileCalls::ftruncate(descriptor, length) != 0) return -1;
    now_of(descriptor).resize(static_cast<std::size_t>(length));
    return 0;
  }
  int close(int descriptor) override {
    paths_.erase(descriptor);
    return FileCalls::close(descriptor);
  }
  int rename(const char* from, const char* to) override {
    if (fails() || FileCalls::rename(from, to) != 0) return -1;
    names_[to] = names_[from];
    names_.erase(from);
    return 0;
  }

 private:
  struct File {
    std::string now, synced;
  };

  static std::shared_ptr<File> found(const std::map<std::string, std::shared_ptr<File>>& names,
                                     const std::string& name) {
    const auto at = names.find(name);
    return at == names.end() ? nullptr : at->second;
  }
  bool is_off() const { return off_at_ != 0 && calls_ >= off_at_; }
  bool fails() {
    ++calls_;
    if (is_off()) return errno = EIO, true;
    return calls_ == fail_at_ && (errno = error_, true);
  }
  bool is_below(const std::filesystem::path& path) const { return path.string().starts_with(root_.string()); }
  std::string& now_of(int descriptor) { return names_.at(paths_.at(descriptor))->now; }

  int sync(int descriptor) {
    if (fails()) return -1;
    const auto path = paths_.find(descriptor);
    if (path == paths_.end()) return 0;
    if (const auto file = names_.find(path->second); file != names_.end())
      file->second->synced = file->second->now;
    else
      synced_names_ = names_;  // the only directory there is
    return 0;
  }

  // Any pages, small ones, too; of both lengths the one or the other.
  static std::string content_after(const File& file, const auto& keeps, std::mt19937& random) {
    std::string bytes = file.synced;
    const std::size_t page = std::size_t{16} << random() % 5;
    bytes.resize(std::max(file.now.size(), bytes.size()));
    for (std::size_t at = 0; at < file.now.size(); at += page)
      if (keeps()) bytes.replace(at, page, file.now, at, page);
    bytes.resize(keeps() ? file.now.size() : file.synced.size());
    return bytes;
  }

  std::filesystem::path root_;
  FileCalls* before_;
  int calls_ = 0, off_at_ = 0, fail_at_ = 0, error_ = 0;
  std::map<int, std::string> paths_;  // of what is open
  std::map<std::string, std::shared_ptr<File>> names_, synced_names_;
};

}  // namespace lorasweep
