// SPDX-License-Identifier: Apache-2.0
// Writes the tables, the composed adapters, the provenance, and the digest over them; then reads it all back.
#include "data/results/results_writer.h"

#include "data/core/error.h"
#include "data/core/file.h"
#include "data/results/content_digest.h"
#include "data/results/hdf5_file.h"
#include "data/results/plain_text.h"
#include "data/results/results_check.h"
#include "data/results/results_schema.h"
#include "data/results/written_content.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

namespace lorasweep {
namespace {

// The file while it is written: removed unless it got its final name.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& beside)
      : path_(fmt::format("{}.{}.tmp", beside.string(), ::getpid())) {}
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Every value goes to the file and, independently of it, into digests; what ties scales to axes is kept.
class Sink {
 public:
  explicit Sink(const std::filesystem::path& path) : file_(Hdf5File::create(path)) {}

  void group(const std::string& path) {
    file_.create_group(path);
    written_.add_group(path);
  }
  void dataset(const std::string& path, const Array& array, const DatasetOptions& options = {}) {
    file_.write_dataset(path, array, options);
    content_.add(path, "", array);
    written_.add(path, "", array);
  }
  void attribute(const std::string& object, const std::string& name, const Array& value) {
    file_.write_attribute(object, name, value);
    content_.add(object, name, value);
    written_.add(object, name, value);
  }
  void text(const std::string& object, const std::string& name, const std::string& value) {
    attribute(object, name, scalar(plain_text(value)));
  }
  void scale(const std::string& path, const std::string& name, const Array& coordinate) {
    dataset(path, coordinate, {.compression = Compression::deflate});
    file_.make_scale(path, name);
    written_.add_scale(path, name);
  }
  void attach(const std::string& dataset, unsigned axis, const std::string& scale) {
    file_.attach_scale(dataset, axis, scale);
    written_.add_tie(dataset, axis, scale);
  }
  std::string content_sha256() const { return content_.hex(); }
  const WrittenContent& written() const { return written_; }
  void close() { file_.close(); }

 private:
  Hdf5File file_;
  ContentDigest content_{coverage_of_schema(results_schema_version)};
  WrittenContent written_;
};

Array counting(std::uint64_t extent) {
  std::vector<std::int32_t> numbers(extent);
  std::iota(numbers.begin(), numbers.end(), 0);
  return list(std::move(numbers));
}

Array values_of(const Column& column, Extents extents) {
  return std::visit(
      [&]<typename T>(const std::vector<T>* values) {
        std::vector<T> copy = *values;
        if constexpr (std::is_same_v<T, std::string>)
          for (std::string& text : copy) text = plain_text(std::move(text));
        if constexpr (std::is_same_v<T, double>)
          for (double& value : copy)
            if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
        return Array{std::move(extents), std::move(copy)};
      },
      column.values);
}

void write_flags(Sink& sink, const std::string& path, const std::string& meanings) {
  const auto codes = 1 + std::ranges::count(meanings, ' ');
  std::vector<std::int8_t> numbers(static_cast<std::size_t>(codes));
  std::iota(numbers.begin(), numbers.end(), std::int8_t{0});
  sink.attribute(path, "flag_values", list(std::move(numbers)));
  sink.text(path, "flag_meanings", meanings);
}

void write_column(Sink& sink, const Table& table, const Column& column) {
  const std::string group = group_of(table), path = group + "/" + column.name;
  const std::optional<Array> fill = fill_of(column);
  sink.dataset(path, values_of(column, extents_of(table, column)), {.compression = Compression::deflate, .fill = fill});
  sink.text(path, "long_name", column.long_name);
  if (!column.units.empty()) sink.text(path, "units", column.units);
  if (!column.flag_meanings.empty()) write_flags(sink, path, column.flag_meanings);
  if (fill) sink.attribute(path, "_FillValue", {{1}, fill->values});  // a list of one, as netCDF wants it
  for (unsigned axis = 0; axis < column.dimensions.size(); ++axis)
    sink.attach(path, axis, group + "/" + column.dimensions[axis]);
}

void write_table(Sink& sink, const Table& table) {
  const std::string group = group_of(table);
  sink.group(group);
  for (const Dimension& dimension : table.dimensions) {
    const std::string path = group + "/" + dimension.name;
    sink.scale(path, dimension.name,
               dimension.labels != nullptr ? list(*dimension.labels) : counting(dimension.extent));
    sink.text(path, "long_name", dimension.long_name);
  }
  for (const Column& column : table.columns) write_column(sink, table, column);
}

Extents unsigned_shape(const std::vector<std::int64_t>& shape) { return {shape.begin(), shape.end()}; }

// One tensor in memory at a time.
void write_composed(Sink& sink, const SweepResults& results, const ComposedModel& model) {
  const std::string group = composed_group(results, model);
  sink.group(group);
  sink.text(group, "adapter_config", model.adapter_config);
  sink.attribute(group, "weights", list(model.weights));
  std::vector<std::string> names;
  for (const std::string& name : model.adapters) names.push_back(plain_text(name));
  sink.attribute(group, "adapters", list(std::move(names)));

  std::set<std::int64_t> extents;  // one dimension for each, as tensors have no names for theirs
  for (const TensorInfo& info : model.tensors) extents.insert(info.shape.begin(), info.shape.end());
  const auto scale_name = [](std::int64_t extent) { return fmt::format("dim_{}", extent); };
  for (const std::int64_t extent : extents)
    sink.scale(group + "/" + scale_name(extent), scale_name(extent), counting(static_cast<std::uint64_t>(extent)));
  for (const TensorInfo& info : model.tensors) {
    const std::string path = group + "/" + info.name;
    Tensor tensor = model.read(info.name);
    if (tensor.shape != info.shape)
      throw InternalError(fmt::format("{} is {}, but was announced as {}", path, describe_shape(tensor.shape),
                                      describe_shape(info.shape)));
    sink.dataset(path, {unsigned_shape(tensor.shape), std::move(tensor.values)});
    for (unsigned axis = 0; axis < info.shape.size(); ++axis)
      sink.attach(path, axis, group + "/" + scale_name(info.shape[axis]));
  }
}

void write_root(Sink& sink, const SweepResults& results) {
  sink.text("/", "format", results_format);
  sink.text("/", "schema_version", results_schema_version);
  sink.text("/", "Conventions", results_conventions);
  sink.text("/", "title", results.title);
  sink.text("/", "created_utc", results.created_utc);
  sink.text("/", "run_uuid", results.run_uuid);
  sink.attribute("/", "complete", scalar(static_cast<std::int8_t>(results.complete)));
  sink.attribute("/", "n_units", scalar(results.n_units));
  sink.attribute("/", "n_failed", scalar(results.n_failed));
}

// `results` fit together and are sorted.
void write_file(Sink& sink, SweepResults& results) {
  write_root(sink, results);
  for (const Table& table : result_tables(results)) write_table(sink, table);
  sink.group("/composed");
  std::ranges::sort(results.composed, {}, [](const ComposedModel& m) { return std::pair(m.task_index, m.replicate); });
  for (const ComposedModel& model : results.composed) write_composed(sink, results, model);
  sink.group("/provenance");
  for (const auto& [name, text] : results.provenance) sink.dataset("/provenance/" + name, scalar(plain_text(text)));
  sink.text("/", "content_sha256", sink.content_sha256());
  sink.close();
}

void write_and_compare(SweepResults& results, const std::filesystem::path& path, const ReadBack& read_back) {
  Sink sink(path);
  write_file(sink, results);
  std::string different;
  const auto refuse = [](const Error& error) {
    throw StorageError(error.where(), "what was written cannot be read back: " + error.problem(),
                       "check the free space and the health of its file system, then make the file with `lorasweep "
                       "collect`: the journal has everything");
  };
  try {
    different = read_back(path, sink.written());
  } catch (const InputError& error) {  // nobody's input: it was written just now
    refuse(error);
  } catch (const StorageError& error) {
    refuse(error);
  }
  if (!different.empty())
    throw StorageError(path.string(), different + " was read back with other values than were written",
                       "the file system is not to be trusted: write to another one");
}

std::uint64_t bytes_needed(SweepResults& results) {
  constexpr std::uint64_t per_object = 4096;
  std::uint64_t bytes = 1 << 20;
  for (const Table& table : result_tables(results))
    for (const Column& column : table.columns)
      std::visit(
          [&]<typename T>(const std::vector<T>* values) {
            bytes += per_object;
            if constexpr (std::is_same_v<T, std::string>)
              for (const std::string& text : *values) bytes += text.size() + 32;
            else
              bytes += values->size() * sizeof(T);
          },
          column.values);
  for (const ComposedModel& model : results.composed)
    for (const TensorInfo& info : model.tensors) bytes += element_count(info.shape) * sizeof(float) + per_object;
  for (const auto& [name, text] : results.provenance) bytes += text.size() + per_object;
  return bytes;
}

// HDF5 takes a full disk badly, so the room is asked for first; where a file system cannot say, it is tried.
void require_room(const std::filesystem::path& path, std::uint64_t bytes) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool failed = descriptor < 0 || (::fallocate(descriptor, 0, 0, static_cast<off_t>(bytes)) != 0 &&
                                         errno != EOPNOTSUPP && errno != ENOSYS);
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (failed)
    throw StorageError(path.string(),
                       fmt::format("no room for a results file of about {} MB: {}", bytes >> 20, std::strerror(error)),
                       "free space or name another place, then make the file with `lorasweep collect`: the journal has "
                       "everything");
}

}  // namespace

std::string read_back_here(const std::filesystem::path& path, const WrittenContent& written) {
  Hdf5File file = Hdf5File::open(path);
  std::string different = written.first_difference(file);
  file.close();
  return different;
}

void write_results(const SweepResults& results, const std::filesystem::path& path, const ReadBack& read_back) {
  SweepResults sorted = results;
  for (std::string& task : sorted.summary.task) task = plain_text(std::move(task));  // also names groups
  if (const std::string wrong = first_contradiction(sorted); !wrong.empty()) throw InternalError(wrong, path.string());
  sort_rows(sorted);
  const TemporaryFile temporary(path);
  try {
    require_room(temporary.path(), bytes_needed(sorted));
    write_and_compare(sorted, temporary.path(), read_back);
    replace_file(temporary.path(), path);
  } catch (const StorageError& error) {  // named by the file that the user knows
    const std::string ours = temporary.path().string();
    if (!error.where().starts_with(ours)) throw;
    throw StorageError(path.string() + error.where().substr(ours.size()), error.problem(), error.remedy());
  }
}

}  // namespace lorasweep
