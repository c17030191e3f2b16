// SPDX-License-Identifier: Apache-2.0
#include "workers/check/check_matrices.h"

#include "workers/ops/to_int32.h"

namespace lorasweep {
namespace {

// Numbers of [-scale, scale) that no rounding had a part in.
std::vector<float> numbers(Index count, std::uint32_t seed, float scale) {
  std::vector<float> values(count);
  std::uint32_t state = seed * 2654435761u + 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<std::int32_t>(state) >> 16) / 32768.0f * scale;
  }
  return values;
}

}  // namespace

std::vector<CheckLine> packed_check_map(const Packing& packing, Index in, Index out, std::uint32_t seed) {
  const std::vector<float> weight = numbers(in * out, seed, 0.125f);
  std::vector<CheckLine> packed((packing.packed_bytes(in, out) + sizeof(CheckLine) - 1) / sizeof(CheckLine));
  packing.pack(packed.data()->bytes.data(), weight.data(), in, out);
  return packed;
}

Sequences lying_end_to_end(std::initializer_list<Index> lengths) {
  Sequences sequences;
  for (const Index length : lengths) sequences.offsets.push_back(sequences.rows() + length);
  return sequences;
}

View CheckMatrices::empty(Element element, Index rows, Index cols) {
  View view{nullptr, element, rows, cols, cols};
  memory_.push_back(ops_.allocate(view.bytes()));
  view.data = memory_.back().get();
  return view;
}

View CheckMatrices::filled(Index rows, Index cols, float scale) {
  const View view = empty(Element::f32, rows, cols);
  const std::vector<float> values = numbers(rows * cols, ++seed_, scale);
  ops_.upload(view, values.data());
  ops_.wait_all();  // the values end here
  return view;
}

View CheckMatrices::ids(Index rows, Index vocabulary) {
  const View view = empty(Element::i32, rows, 1);
  std::vector<std::int32_t> values;
  for (Index row = 0; row < rows; ++row) values.push_back(to_int32(row * 37 % vocabulary));
  ops_.upload(view, values.data());
  ops_.wait_all();
  return view;
}

Projection CheckMatrices::map(Index in, Index out) {
  const auto packed = std::make_shared<const std::vector<CheckLine>>(packed_check_map(ops_, in, out, ++seed_));
  const std::shared_ptr<const std::byte> image(packed, packed->data()->bytes.data());
  images_.push_back(ops_.adopt(image, packed->size() * sizeof(CheckLine)));
  return {images_.back().get(), in, out};
}

void CheckMatrices::add(View view) {
  std::string bytes(view.bytes(), '\0');
  ops_.download(bytes.data(), view);
  ops_.wait_all();
  results_ += bytes;
}

}  // namespace lorasweep
