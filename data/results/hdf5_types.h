// SPDX-License-Identifier: Apache-2.0
// The values and extents of an Array in HDF5's terms, and HDF5's identifiers as handles. For hdf5_file.cpp.
#pragma once

#include "data/results/array.h"
#include "data/results/dataset_options.h"
#include "data/results/hdf5_error.h"

#include <hdf5.h>

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

static_assert(std::is_same_v<hid_t, std::int64_t>);

/// Closes what it names. What was written must be closed by close(): HDF5 writes some of it only then, and the
/// destructor cannot say that this failed.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Hdf5Handle(hid_t id, Close by) : id_(id), close_(by) {}
  ~Hdf5Handle() { close(); }
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;
  /// Negative if that failed. Afterwards it names nothing.
  herr_t close() {
    const hid_t id = std::exchange(id_, -1);
    return id < 0 ? 0 : close_(id);
  }
  operator hid_t() const { return id_; }  // NOLINT: stands for the id wherever the C interface wants one

 private:
  hid_t id_;
  Close close_;
};

Hdf5Handle text_type();  ///< UTF-8 of any length

/// Little-endian in the file, converted on the way if the machine is not.
template <typename T>
Hdf5Handle stored_type() {
  if constexpr (std::is_same_v<T, std::int8_t>) return {in_memory(H5Tcopy(H5T_STD_I8LE)), H5Tclose};
  if constexpr (std::is_same_v<T, std::int32_t>) return {in_memory(H5Tcopy(H5T_STD_I32LE)), H5Tclose};
  if constexpr (std::is_same_v<T, std::int64_t>) return {in_memory(H5Tcopy(H5T_STD_I64LE)), H5Tclose};
  if constexpr (std::is_same_v<T, float>) return {in_memory(H5Tcopy(H5T_IEEE_F32LE)), H5Tclose};
  if constexpr (std::is_same_v<T, double>) return {in_memory(H5Tcopy(H5T_IEEE_F64LE)), H5Tclose};
  if constexpr (std::is_same_v<T, std::string>) return text_type();
}

/// Hands `use` the file's type and a pointer to the elements in that layout.
template <typename Use>
auto with_elements(const ArrayValues& values, const Use& use) {
  return std::visit(
      [&]<typename T>(const std::vector<T>& list) {
        if constexpr (std::is_same_v<T, std::string>) {
          std::vector<const char*> pointers;
          for (const std::string& text : list) pointers.push_back(text.c_str());
          return use(stored_type<T>(), static_cast<const void*>(pointers.data()));
        } else {
          return use(stored_type<T>(), static_cast<const void*>(list.data()));
        }
      },
      values);
}

Hdf5Handle make_space(const Extents& extents);
Extents extents_of_space(hid_t space);

/// How a dataset of these values is stored: chunks, filters, fill value.
Hdf5Handle dataset_layout(const Array& array, const DatasetOptions& options, hid_t type);
/// Names in UTF-8; groups above an object are made with it.
Hdf5Handle link_options();

/// The empty list of the type in the file that Array has for it; nothing for other types.
std::optional<ArrayValues> values_for(hid_t type);

}  // namespace lorasweep
