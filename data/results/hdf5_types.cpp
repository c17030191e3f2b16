// SPDX-License-Identifier: Apache-2.0
// Element types, dataspaces and storage layouts of HDF5.
#include "data/results/hdf5_types.h"

#include <algorithm>

namespace lorasweep {
namespace {

// Whole rows, about 256 KiB of them.
std::vector<hsize_t> chunk_of(const Extents& extents, std::uint64_t element_bytes) {
  constexpr std::uint64_t goal = 256 << 10;
  std::vector<hsize_t> chunk(extents.begin(), extents.end());
  const std::uint64_t row = element_count_of(extents) / extents.front() * element_bytes;
  chunk.front() = std::clamp<std::uint64_t>(goal / row, 1, extents.front());
  return chunk;
}

}  // namespace

Hdf5Handle text_type() {
  Hdf5Handle type(in_memory(H5Tcopy(H5T_C_S1)), H5Tclose);
  in_memory(H5Tset_size(type, H5T_VARIABLE));
  in_memory(H5Tset_cset(type, H5T_CSET_UTF8));
  return type;
}

Hdf5Handle make_space(const Extents& extents) {
  if (extents.empty()) return {in_memory(H5Screate(H5S_SCALAR)), H5Sclose};
  const std::vector<hsize_t> sizes(extents.begin(), extents.end());
  return {in_memory(H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr)), H5Sclose};
}

Extents extents_of_space(hid_t space) {
  const int rank = in_memory(H5Sget_simple_extent_ndims(space));
  std::vector<hsize_t> sizes(rank);
  in_memory(H5Sget_simple_extent_dims(space, sizes.data(), nullptr));
  return {sizes.begin(), sizes.end()};
}

Hdf5Handle dataset_layout(const Array& array, const DatasetOptions& options, hid_t type) {
  Hdf5Handle plist(in_memory(H5Pcreate(H5P_DATASET_CREATE)), H5Pclose);
  in_memory(H5Pset_obj_track_times(plist, 0));  // the same results are the same file
  if (options.fill)
    with_elements(options.fill->values, [&](const Hdf5Handle& of, const void* value) {
      return in_memory(H5Pset_fill_value(plist, of, value));
    });
  const bool is_text =
      std::holds_alternative<std::vector<std::string>>(array.values);  // lies outside the dataset: no filters
  if (is_text || array.extents.empty() || size_of(array.values) == 0) return plist;
  const std::vector<hsize_t> chunk = chunk_of(array.extents, H5Tget_size(type));
  in_memory(H5Pset_chunk(plist, static_cast<int>(chunk.size()), chunk.data()));
  if (options.compression == Compression::deflate) {
    in_memory(H5Pset_shuffle(plist));
    in_memory(H5Pset_deflate(plist, 4));
  }
  in_memory(H5Pset_fletcher32(plist));  // the library itself then finds damaged chunks
  return plist;
}

Hdf5Handle link_options() {
  Hdf5Handle links(in_memory(H5Pcreate(H5P_LINK_CREATE)), H5Pclose);
  in_memory(H5Pset_create_intermediate_group(links, 1));
  in_memory(H5Pset_char_encoding(links, H5T_CSET_UTF8));
  return links;
}

std::optional<ArrayValues> values_for(hid_t type) {
  const std::size_t size = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      if (H5Tget_sign(type) != H5T_SGN_2) return std::nullopt;
      if (size == 1) return std::vector<std::int8_t>{};
      if (size == 4) return std::vector<std::int32_t>{};
      if (size == 8) return std::vector<std::int64_t>{};
      return std::nullopt;
    case H5T_FLOAT:
      if (size == 4) return std::vector<float>{};
      if (size == 8) return std::vector<double>{};
      return std::nullopt;
    case H5T_STRING:
      if (H5Tis_variable_str(type) > 0) return std::vector<std::string>{};
      return std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace lorasweep
