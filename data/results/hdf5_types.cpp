// SPDX-License-Identifier: Apache-2.0
#include "data/results/hdf5_types.h"

#include <algorithm>

namespace lorasweep {

Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  return type;
}

Hdf5Handle make_space(const Extents& extents) {
  if (extents.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> sizes(extents.begin(), extents.end());
  return {H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr), H5Sclose};
}

Extents extents_of_space(hid_t space) {
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> sizes(static_cast<std::size_t>(std::max(rank, 0)));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  return {sizes.begin(), sizes.end()};
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
