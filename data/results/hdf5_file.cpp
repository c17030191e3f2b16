// SPDX-License-Identifier: Apache-2.0
// HDF5's C interface behind handles that close themselves and errors that name the file and the object.
#include "data/results/hdf5_file.h"

#include "data/core/error.h"
#include "data/results/hdf5_error.h"
#include "data/results/hdf5_types.h"

#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace lorasweep {
namespace {

constexpr std::uint64_t max_array_bytes = std::uint64_t{8} << 30;
constexpr std::uint64_t max_deflate_ratio = 1100;  // zlib's is 1032

// Errors are thrown, not printed; nothing is loaded from plugin directories; and no clean-up at exit, which
// crashes after a file could not be written out (a full disk). Must run before anything else of the library.
void initialise() {
  [[maybe_unused]] static const bool once = [] {
    in_memory(H5dont_atexit());
    in_memory(H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr));
    in_memory(H5PLset_loading_state(0));
    return true;
  }();
}

herr_t collect_link(hid_t, const char* name, const H5L_info_t* info, void* out) {
  static_cast<std::vector<std::pair<std::string, bool>>*>(out)->emplace_back(name, info->type == H5L_TYPE_HARD);
  return 0;
}

herr_t collect_attribute(hid_t, const char* name, const H5A_info_t*, void* out) {
  static_cast<std::vector<std::string>*>(out)->emplace_back(name);
  return 0;
}

Hdf5Handle file_access() {
  Hdf5Handle plist(in_memory(H5Pcreate(H5P_FILE_ACCESS)), H5Pclose);
  in_memory(H5Pset_libver_bounds(plist, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110));
  in_memory(H5Pset_fclose_degree(plist, H5F_CLOSE_STRONG));
  in_memory(H5Pset_file_locking(plist, 0, 1));  // written under a name of its own, read when complete: nothing to lock
  return plist;
}

}  // namespace

template <typename Status>
Status Hdf5File::check(Status status, const std::string& object, const char* doing) const {
  if (status < 0) fail(object, doing);
  return status;
}

void Hdf5File::fail(const std::string& object, const char* doing) const {
  const Hdf5Failure failure = last_hdf5_failure();
  const std::string problem = fmt::format("{}: {}", doing, failure.words);
  if (access_ == Access::read && failure.is_of_the_disk)
    throw StorageError(object.empty() ? path_.string() : path_.string() + ": " + object, problem,
                       "check the health of its file system, then run again");
  refuse(object, problem);
}

void Hdf5File::refuse(const std::string& object, const std::string& problem) const {
  const std::string where = object.empty() ? path_.string() : path_.string() + ": " + object;
  if (access_ == Access::write)
    throw StorageError(where, problem, "check the free space and the permissions of its directory");
  throw InputError(where, problem,
                   "name a results file that lorasweep wrote, or write it again with `lorasweep collect`");
}

Hdf5File::Hdf5File(std::filesystem::path path, std::int64_t id, Access access)
    : path_(std::move(path)), id_(id), access_(access) {
  check(id_, "", access == Access::write ? "cannot be created" : "cannot be opened as HDF5");
}

Hdf5File::~Hdf5File() {
  if (id_ >= 0) H5Fclose(id_);
}

Hdf5File::Hdf5File(Hdf5File&& other) noexcept
    : path_(std::move(other.path_)), id_(std::exchange(other.id_, -1)), access_(other.access_) {}

std::string hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  in_memory(H5get_libversion(&major, &minor, &release));
  return fmt::format("{}.{}.{}", major, minor, release);
}

Hdf5File Hdf5File::create(const std::filesystem::path& path) {
  initialise();
  return {path, H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, file_access()), Access::write};
}

Hdf5File Hdf5File::open(const std::filesystem::path& path) {
  initialise();
  return {path, H5Fopen(path.c_str(), H5F_ACC_RDONLY, file_access()), Access::read};
}

void Hdf5File::close() {
  const hid_t id = std::exchange(id_, -1);
  const herr_t flushed = access_ == Access::write ? H5Fflush(id, H5F_SCOPE_LOCAL) : 0;
  const std::string reason = flushed < 0 ? last_hdf5_error() : "";
  const herr_t closed = H5Fclose(id);  // also where the flush failed: the descriptor must be released
  if (flushed < 0) refuse("", "cannot be written out: " + reason);
  check(closed, "", "cannot be closed");
}

void Hdf5File::done(Hdf5Handle& handle, const std::string& object) const {
  check(handle.close(), object, "cannot be closed");
}

void Hdf5File::create_group(const std::string& path) {
  Hdf5Handle group(H5Gcreate2(id_, path.c_str(), link_options(), H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
  check<hid_t>(group, path, "cannot be created");
  done(group, path);
}

void Hdf5File::write_dataset(const std::string& path, const Array& array, const DatasetOptions& options) {
  if (element_count_of(array.extents) != size_of(array.values))
    throw InternalError(fmt::format("{} has {} values", path, size_of(array.values)), path_.string());
  const Hdf5Handle space = make_space(array.extents);
  with_elements(array.values, [&](const Hdf5Handle& type, const void* elements) {
    const Hdf5Handle layout = dataset_layout(array, options, type);
    Hdf5Handle set(H5Dcreate2(id_, path.c_str(), type, space, link_options(), layout, H5P_DEFAULT), H5Dclose);
    check<hid_t>(set, path, "cannot be created");
    if (size_of(array.values) > 0)
      check(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, elements), path, "cannot be written");
    done(set, path);
  });
}

void Hdf5File::write_attribute(const std::string& object, const std::string& name, const Array& value) {
  const std::string place = object + "@" + name;
  Hdf5Handle owner(H5Oopen(id_, object.c_str(), H5P_DEFAULT), H5Oclose);
  check<hid_t>(owner, object, "cannot be opened");
  const Hdf5Handle space = make_space(value.extents);
  with_elements(value.values, [&](const Hdf5Handle& type, const void* elements) {
    Hdf5Handle attribute(H5Acreate2(owner, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
    check<hid_t>(attribute, place, "cannot be created");
    if (size_of(value.values) > 0) check(H5Awrite(attribute, type, elements), place, "cannot be written");
    done(attribute, place);
  });
  done(owner, object);
}

void Hdf5File::make_scale(const std::string& dataset, const std::string& dimension_name) {
  Hdf5Handle set = open_dataset(dataset);
  check(H5DSset_scale(set, dimension_name.c_str()), dataset, "cannot be made a dimension scale");
  done(set, dataset);
}

void Hdf5File::attach_scale(const std::string& dataset, unsigned axis, const std::string& scale) {
  Hdf5Handle set = open_dataset(dataset), along = open_dataset(scale);
  check(H5DSattach_scale(set, along, axis), dataset, "cannot be given its dimension scale");
  done(along, scale);
  done(set, dataset);
}

Hdf5Handle Hdf5File::open_dataset(const std::string& path) const {
  Hdf5Handle set(H5Dopen2(id_, path.c_str(), H5P_DEFAULT), H5Dclose);
  check<hid_t>(set, path, "cannot be opened");
  return set;
}

std::vector<Hdf5File::Member> Hdf5File::members(const std::string& path) const {
  const Hdf5Handle group(H5Gopen2(id_, path.c_str(), H5P_DEFAULT), H5Gclose);
  check<hid_t>(group, path, "cannot be opened");
  std::vector<std::pair<std::string, bool>> links;
  check(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_link, &links), path, "cannot be listed");
  std::vector<Member> found;
  for (const auto& [name, is_hard] : links) {
    if (!is_hard) refuse(path, fmt::format("'{}' is a soft or external link, which a results file never has", name));
    Hdf5Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
    check<hid_t>(object, path, "an object in it cannot be opened");
    const H5I_type_t type = H5Iget_type(object);
    done(object, path);
    if (type != H5I_GROUP && type != H5I_DATASET)
      refuse(path, fmt::format("'{}' is neither a group nor a dataset", name));
    found.push_back({name, type == H5I_GROUP ? Kind::group : Kind::dataset});
  }
  return found;
}

bool Hdf5File::has(const std::string& path) const {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    if (check(H5Lexists(id_, path.substr(0, end).c_str(), H5P_DEFAULT), path, "cannot be looked for") == 0)
      return false;
    if (end == std::string::npos) return true;
  }
}

bool Hdf5File::is_scale(const std::string& dataset) const {
  return check(H5DSis_scale(open_dataset(dataset)), dataset, "cannot be examined") > 0;
}

std::string Hdf5File::scale_name(const std::string& dataset) const {
  const Hdf5Handle set = open_dataset(dataset);
  const ssize_t length = check(H5DSget_scale_name(set, nullptr, 0), dataset, "is not a dimension scale");
  std::string name(length + 1, '\0');
  check(H5DSget_scale_name(set, name.data(), name.size()), dataset, "is not a dimension scale");
  name.resize(length);
  return name;
}

bool Hdf5File::has_scale(const std::string& dataset, unsigned axis, const std::string& scale) const {
  return check(H5DSis_attached(open_dataset(dataset), open_dataset(scale), axis), dataset, "cannot be examined") > 0;
}

Extents Hdf5File::extents(const std::string& dataset) const {
  const Hdf5Handle set = open_dataset(dataset);
  const Hdf5Handle space(check(H5Dget_space(set), dataset, "cannot be examined"), H5Sclose);
  return extents_of_space(space);
}

Array Hdf5File::read_values(std::int64_t type, std::int64_t space, std::uint64_t most_bytes, const std::string& object,
                            const auto& read) const {
  std::optional<ArrayValues> values = values_for(type);
  if (!values) refuse(object, "holds elements of a type that a results file never has");
  if (H5Sget_simple_extent_type(space) == H5S_NULL) refuse(object, "holds nothing");
  Array array{extents_of_space(space), std::move(*values)};
  std::uint64_t bytes = H5Tget_size(type);
  for (const std::uint64_t extent : array.extents)
    if (__builtin_mul_overflow(bytes, extent, &bytes)) bytes = max_array_bytes + 1;
  if (bytes > std::min(most_bytes, max_array_bytes)) refuse(object, "claims more values than the file holds");
  const std::uint64_t count = element_count_of(array.extents);
  std::visit(
      [&]<typename T>(std::vector<T>& list) {
        if (count == 0) return;
        if constexpr (std::is_same_v<T, std::string>) {
          const Hdf5Handle memory = text_type();
          check(H5Tset_cset(memory, H5Tget_cset(type)), object, "is text of an unknown kind");
          std::vector<char*> pointers(count, nullptr);
          check(read(memory, pointers.data()), object, "cannot be read");
          for (const char* text : pointers) list.emplace_back(text == nullptr ? "" : text);
          in_memory(H5Dvlen_reclaim(memory, space, H5P_DEFAULT, pointers.data()));
        } else {
          list.resize(count);
          const Hdf5Handle memory(in_memory(H5Tget_native_type(stored_type<T>(), H5T_DIR_DEFAULT)), H5Tclose);
          check(read(memory, list.data()), object, "cannot be read");
        }
      },
      array.values);
  return array;
}

Array Hdf5File::read_dataset(const std::string& path) const {
  const Hdf5Handle set = open_dataset(path);
  const Hdf5Handle type(check(H5Dget_type(set), path, "cannot be examined"), H5Tclose);
  const Hdf5Handle space(check(H5Dget_space(set), path, "cannot be examined"), H5Sclose);
  const std::uint64_t stored = H5Dget_storage_size(set);  // 0 also where it failed
  if (stored == 0 && has_hdf5_failed()) fail(path, "cannot be examined");
  return read_values(type, space, stored * max_deflate_ratio, path,
                     [&](hid_t memory, void* out) { return H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out); });
}

std::vector<std::string> Hdf5File::attribute_names(const std::string& object) const {
  const Hdf5Handle owner(H5Oopen(id_, object.c_str(), H5P_DEFAULT), H5Oclose);
  check<hid_t>(owner, object, "cannot be opened");
  std::vector<std::string> names;
  check(H5Aiterate2(owner, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_attribute, &names), object,
        "has attributes that cannot be listed");
  return names;
}

Array Hdf5File::read_attribute(const std::string& object, const std::string& name) const {
  const std::string place = object + "@" + name;
  const Hdf5Handle attribute(H5Aopen_by_name(id_, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  check<hid_t>(attribute, place, "cannot be opened");
  const Hdf5Handle type(check(H5Aget_type(attribute), place, "cannot be examined"), H5Tclose);
  const Hdf5Handle space(check(H5Aget_space(attribute), place, "cannot be examined"), H5Sclose);
  const std::uint64_t stored = H5Aget_storage_size(attribute);
  if (stored == 0 && has_hdf5_failed()) fail(place, "cannot be examined");
  return read_values(type, space, stored, place,
                     [&](hid_t memory, void* out) { return H5Aread(attribute, memory, out); });
}

void Hdf5File::require_plain_storage(const std::string& dataset) const {
  const Hdf5Handle set = open_dataset(dataset);
  const Hdf5Handle layout(check(H5Dget_create_plist(set), dataset, "cannot be examined"), H5Pclose);
  const auto looked_at = [&](auto status) { return check(status, dataset, "cannot be examined"); };
  if (looked_at(H5Pget_layout(layout)) == H5D_VIRTUAL || looked_at(H5Pget_external_count(layout)) != 0)
    refuse(dataset, "its values lie in other files, which a results file never has");
  const int filters = looked_at(H5Pget_nfilters(layout));
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t parameters = 0;
    const H5Z_filter_t filter = looked_at(H5Pget_filter2(layout, i, &flags, &parameters, nullptr, 0, nullptr, nullptr));
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32)
      refuse(dataset, fmt::format("is stored through filter {}, which a results file never is", int{filter}));
  }
}

}  // namespace lorasweep
