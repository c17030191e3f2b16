// SPDX-License-Identifier: Apache-2.0
// Reads the tables by the schema, and checks whatever another writer could have got wrong.
#include "data/results/results_reader.h"

#include "data/core/error.h"
#include "data/results/content_digest.h"
#include "data/results/hdf5_file.h"
#include "data/results/plain_hdf5.h"
#include "data/results/results_check.h"
#include "data/results/results_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>
#include <utility>

namespace lorasweep {
namespace {

constexpr const char* remedy = "name a results file that lorasweep wrote, or write it again with `lorasweep collect`";

[[noreturn]] void refuse(const Hdf5File& file, const std::string& object, const std::string& problem) {
  throw InputError(file.path().string() + ": " + object, problem, remedy);
}

template <typename T>
std::vector<T> values_as(const Hdf5File& file, const std::string& object, Array array) {
  if (auto* values = std::get_if<std::vector<T>>(&array.values)) return std::move(*values);
  refuse(file, object,
         fmt::format("holds {}, but should hold {}", type_name(array.values), type_name(std::vector<T>{})));
}

template <typename T>
T attribute(const Hdf5File& file, const std::string& object, const std::string& name) {
  const std::string place = object + "@" + name;
  const Array array = file.read_attribute(object, name);
  if (!array.extents.empty()) refuse(file, place, "is a list, but should be one value");
  return values_as<T>(file, place, array).front();
}

template <typename T>
std::vector<T> list_attribute(const Hdf5File& file, const std::string& object, const std::string& name) {
  return values_as<T>(file, object + "@" + name, file.read_attribute(object, name));
}

void require_results_file(const Hdf5File& file) {
  const std::vector<std::string> names = file.attribute_names("/");
  for (const char* name : {"format", "schema_version"})
    if (std::ranges::find(names, name) == names.end())
      refuse(file, "/", fmt::format("is not a results file: it has no attribute '{}'", name));
  if (const auto format = attribute<std::string>(file, "/", "format"); format != results_format)
    refuse(file, "/@format", fmt::format("is not a results file but '{}'", format));
  if (const auto version = attribute<std::string>(file, "/", "schema_version");
      !version.starts_with(results_major_version))
    refuse(file, "/@schema_version",
           fmt::format("is of version {}, but this program reads {}", version, results_schema_version));
}

std::shared_ptr<const Hdf5File> open_results(const std::filesystem::path& path) {
  auto file = std::make_shared<const Hdf5File>(Hdf5File::open(path));
  require_results_file(*file);
  return file;
}

std::uint64_t extent_of_scale(const Hdf5File& file, const std::string& path) {
  const Extents extents = file.has(path) ? file.extents(path) : Extents{};
  if (extents.size() != 1) refuse(file, path, "is not the scale of a dimension");
  return extents.front();
}

std::int32_t small_extent(const Hdf5File& file, const std::string& path) {
  const std::uint64_t extent = extent_of_scale(file, path);
  if (extent > std::numeric_limits<std::int32_t>::max()) refuse(file, path, "is too long");
  return static_cast<std::int32_t>(extent);
}

void read_column(const Hdf5File& file, const Table& table, const Column& column, Since schema) {
  const std::string group = group_of(table), path = group + "/" + column.name;
  Extents expected;
  for (const std::string& dimension : column.dimensions)
    expected.push_back(extent_of_scale(file, group + "/" + dimension));
  if (column.since > schema) return fill_unknown(column, element_count_of(expected));
  if (!file.has(path)) refuse(file, path, "is missing");
  Array array = file.read_dataset(path);
  if (array.extents != expected) refuse(file, path, "does not have the extents of its dimensions");
  std::visit([&]<typename T>(std::vector<T>* out) { *out = values_as<T>(file, path, std::move(array)); },
             column.values);
}

ComposedModel read_composed(const std::shared_ptr<const Hdf5File>& file, const SweepResults& results, std::size_t task,
                            std::size_t replicate) {
  ComposedModel model;
  model.task_index = static_cast<std::int32_t>(task);
  model.replicate = static_cast<std::int32_t>(replicate);
  const std::string group = composed_group(results, model);
  model.adapter_config = attribute<std::string>(*file, group, "adapter_config");
  model.weights = list_attribute<double>(*file, group, "weights");
  model.adapters = list_attribute<std::string>(*file, group, "adapters");
  for (const Hdf5File::Member& member : file->members(group)) {
    const std::string path = group + "/" + member.name;
    if (member.kind != Hdf5File::Kind::dataset) refuse(*file, path, "is a group among tensors");
    if (file->is_scale(path)) continue;
    const Extents extents = file->extents(path);
    model.tensors.push_back({member.name, DType::f32, {extents.begin(), extents.end()}});
  }
  model.read = [file, group](const std::string& key) {
    Array array = file->read_dataset(group + "/" + key);
    std::vector<std::int64_t> shape(array.extents.begin(), array.extents.end());
    return Tensor{std::move(shape), values_as<float>(*file, group + "/" + key, std::move(array))};
  };
  return model;
}

// The replicate that "r<number>" names, written as the writer does.
std::size_t replicate_of(const Hdf5File& file, const std::string& group, const std::string& name,
                         std::size_t replicates) {
  std::size_t number = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + std::min<std::size_t>(1, name.size()), end, number);
  if (error != std::errc() || stop != end || name != fmt::format("r{}", number) || number >= replicates)
    refuse(file, group + "/" + name, "belongs to no replicate");
  return number;
}

// What is there, whatever the tables announce.
void read_all_composed(const std::shared_ptr<const Hdf5File>& file, SweepResults& results) {
  const std::vector<std::string>& tasks = results.summary.task;
  std::map<std::string, std::size_t> places;
  for (std::size_t task = 0; task < tasks.size(); ++task) places.emplace(tasks[task], task);
  for (const Hdf5File::Member& of_task : file->members("/composed")) {
    const std::string group = "/composed/" + of_task.name;
    const auto place = places.find(of_task.name);
    if (place == places.end() || of_task.kind != Hdf5File::Kind::group) refuse(*file, group, "belongs to no task");
    for (const Hdf5File::Member& of_replicate : file->members(group)) {
      const std::size_t replicate = replicate_of(*file, group, of_replicate.name, results.summary.seed.size());
      if (of_replicate.kind != Hdf5File::Kind::group)
        refuse(*file, group + "/" + of_replicate.name, "is a dataset among composed models");
      results.composed.push_back(read_composed(file, results, place->second, replicate));
    }
  }
  std::ranges::sort(results.composed, {}, [](const ComposedModel& m) { return std::pair(m.task_index, m.replicate); });
}

std::map<std::string, std::string> read_provenance(const Hdf5File& file) {
  std::map<std::string, std::string> provenance;
  for (const Hdf5File::Member& member : file.members("/provenance")) {
    const std::string path = "/provenance/" + member.name;
    const auto texts = member.kind == Hdf5File::Kind::dataset
                           ? values_as<std::string>(file, path, file.read_dataset(path))
                           : std::vector<std::string>{};
    if (texts.size() != 1) refuse(file, path, "is not one string");
    provenance[member.name] = texts.front();
  }
  return provenance;
}

}  // namespace

std::string run_uuid_of_results(const std::filesystem::path& path) {
  return attribute<std::string>(*open_results(path), "/", "run_uuid");
}

SweepResults read_results(const std::filesystem::path& path) {
  const std::shared_ptr<const Hdf5File> file = open_results(path);
  require_plain_hdf5(*file);
  SweepResults results{.title = attribute<std::string>(*file, "/", "title"),
                       .created_utc = attribute<std::string>(*file, "/", "created_utc"),
                       .run_uuid = attribute<std::string>(*file, "/", "run_uuid"),
                       .complete = attribute<std::int8_t>(*file, "/", "complete") != 0,
                       .n_units = attribute<std::int64_t>(*file, "/", "n_units"),
                       .n_failed = attribute<std::int64_t>(*file, "/", "n_failed"),
                       .summary = {},
                       .evaluations = {},
                       .predictions = {},
                       .adapters = {},
                       .composed = {},
                       .provenance = {}};
  for (const char* group : {"/summary", "/evaluations", "/predictions", "/adapters", "/composed", "/provenance"})
    if (!file->has(group)) refuse(*file, group, "is missing");
  results.summary.adapter_slots = small_extent(*file, "/summary/adapter_slot");
  results.summary.steps = small_extent(*file, "/summary/step");
  extent_of_scale(*file, "/summary/task");
  results.summary.task = values_as<std::string>(*file, "/summary/task", file->read_dataset("/summary/task"));
  const Since schema = schema_of(attribute<std::string>(*file, "/", "schema_version"));
  for (const Table& table : result_tables(results))
    for (const Column& column : table.columns) read_column(*file, table, column, schema);
  if (schema == Since::schema_1_0) results.summary.n_finished = finished_searches(results.summary);
  if (const std::string wrong = first_contradiction(results); !wrong.empty()) refuse(*file, "/", wrong);
  if (const std::string wrong = first_unknown_code(results); !wrong.empty()) refuse(*file, "/", wrong);
  read_all_composed(file, results);
  if (const std::string wrong = first_contradiction(results); !wrong.empty()) refuse(*file, "/composed", wrong);
  results.provenance = read_provenance(*file);
  return results;
}

std::string verify_results(const std::filesystem::path& path) {
  const std::shared_ptr<const Hdf5File> file = open_results(path);
  const auto claimed = attribute<std::string>(*file, "/", "content_sha256");
  const Coverage coverage = coverage_of_schema(attribute<std::string>(*file, "/", "schema_version"));
  if (const std::string found = ContentDigest::of_file(*file, coverage).hex(); found != claimed)
    refuse(*file, "/@content_sha256", fmt::format("says {}, but what the file holds gives {}", claimed, found));
  return claimed;
}

}  // namespace lorasweep
