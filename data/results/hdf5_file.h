// SPDX-License-Identifier: Apache-2.0
// The part of serial HDF5 that results files need, with objects named by absolute paths. Not for two threads at
// once: the library is not thread-safe.
#pragma once

#include "data/results/array.h"
#include "data/results/dataset_options.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lorasweep {

class Hdf5Handle;

/// "1.10.8"
std::string hdf5_version();

/// An open HDF5 file. Every failure is a StorageError (a created file, or a read that the disk refused, where the
/// library tells) or InputError (an opened one) with the system's reason or the library's words.
class Hdf5File {
 public:
  static Hdf5File create(const std::filesystem::path& path);  ///< replaces what is there
  static Hdf5File open(const std::filesystem::path& path);    ///< to read
  ~Hdf5File();
  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Writes out everything; what the destructor cannot report is reported here.
  void close();

  void create_group(const std::string& path);  ///< and those above it
  void write_dataset(const std::string& path, const Array& array, const DatasetOptions& options = {});
  void write_attribute(const std::string& object, const std::string& name, const Array& value);
  void make_scale(const std::string& dataset, const std::string& dimension_name);
  void attach_scale(const std::string& dataset, unsigned axis, const std::string& scale);

  enum class Kind { group, dataset };
  struct Member {
    std::string name;
    Kind kind;
  };
  /// Sorted by name. InputError for any link that is not hard: it could lead out of the file.
  std::vector<Member> members(const std::string& group) const;
  bool has(const std::string& path) const;  ///< whether every part of the path is there
  bool is_scale(const std::string& dataset) const;
  std::string scale_name(const std::string& dataset) const;
  bool has_scale(const std::string& dataset, unsigned axis, const std::string& scale) const;
  Extents extents(const std::string& dataset) const;
  /// InputError for other element types than those of Array, or more values than the file can hold.
  Array read_dataset(const std::string& path) const;
  std::vector<std::string> attribute_names(const std::string& object) const;  ///< sorted
  Array read_attribute(const std::string& object, const std::string& name) const;

  /// InputError if the dataset's values lie elsewhere (external files, other datasets) or behind filters
  /// other than deflate, shuffle and fletcher32.
  void require_plain_storage(const std::string& dataset) const;

 private:
  enum class Access { read, write };
  Hdf5File(std::filesystem::path path, std::int64_t id, Access access);
  /// `status` if it is not negative, else the error.
  template <typename Status>
  Status check(Status status, const std::string& object, const char* doing) const;
  [[noreturn]] void fail(const std::string& object, const char* doing) const;  // what the last call failed in
  [[noreturn]] void refuse(const std::string& object, const std::string& problem) const;
  /// Closes what was written; some of it is written only then.
  void done(Hdf5Handle& handle, const std::string& object) const;
  Hdf5Handle open_dataset(const std::string& path) const;
  Array read_values(std::int64_t type, std::int64_t space, std::uint64_t most_bytes, const std::string& object,
                    const auto& read) const;

  std::filesystem::path path_;
  std::int64_t id_ = -1;
  Access access_;
};

}  // namespace lorasweep
