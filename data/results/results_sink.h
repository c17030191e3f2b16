// SPDX-License-Identifier: Apache-2.0
// A results file while it is written: every value goes to the file and, independently of it, into digests.
#pragma once

#include "data/results/content_digest.h"
#include "data/results/hdf5_file.h"
#include "data/results/results_schema.h"
#include "data/results/written_content.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace lorasweep {

/// What ties scales to axes is kept, too. Errors are those of Hdf5File.
class ResultsSink {
 public:
  explicit ResultsSink(const std::filesystem::path& path) : file_(Hdf5File::create(path)) {}

  void group(const std::string& path);
  void dataset(const std::string& path, const Array& array, const DatasetOptions& options = {});
  void attribute(const std::string& object, const std::string& name, const Array& value);
  /// As text that Python can read (plain_text.h).
  void text(const std::string& object, const std::string& name, const std::string& value);
  void scale(const std::string& path, const std::string& name, const Array& coordinate);
  void attach(const std::string& dataset, unsigned axis, const std::string& scale);
  /// The group of the table with its scales and columns.
  void table(const Table& table);

  std::string content_sha256() const { return content_.hex(); }
  const WrittenContent& written() const { return written_; }
  void close() { file_.close(); }

 private:
  void column(const Table& table, const Column& column);
  void flags(const std::string& path, const std::string& meanings);

  Hdf5File file_;
  ContentDigest content_{coverage_of_schema(results_schema_version)};
  WrittenContent written_;
};

/// 0, 1, ...: the coordinate of a dimension that has no names.
Array counting(std::uint64_t extent);

}  // namespace lorasweep
