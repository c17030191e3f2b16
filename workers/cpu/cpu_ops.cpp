// SPDX-License-Identifier: Apache-2.0
#include "workers/cpu/cpu_ops.h"

#include "data/core/memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace lorasweep {
namespace {

constexpr std::size_t alignment = 64;

// Rows are dealt to the worker's threads; a row is always computed whole, by one thread.
template <typename Body>
void for_rows(int threads, std::int64_t rows, Body body) {
#pragma omp parallel for num_threads(threads) schedule(static) if (threads > 1)
  for (std::int64_t row = 0; row < rows; ++row) body(row);
}

float* f32_row(View view, std::int64_t row) {
  return view.element == Element::f32 ? view.f32() + row * view.stride : nullptr;
}
std::uint16_t* bf16_row(View view, std::int64_t row) {
  return view.element == Element::bf16 ? view.bf16() + row * view.stride : nullptr;
}

}  // namespace

CpuOps::CpuOps(CpuOptions options) : options_(options), kernels_(*options.kernels), matmul_(options.threads) {
  constexpr std::size_t usual_stack = std::size_t{8} << 20;
  if (options.threads > 1)
    require_memory(static_cast<std::size_t>(options.threads) * usual_stack);  // OpenMP exits else
  for (int i = 0; i < options.threads; ++i) single_.emplace_back(1);
  scores_.resize(options.threads);
  narrow_scores_.resize(options.threads);
}

std::shared_ptr<std::byte> CpuOps::allocate(std::size_t bytes) {
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  // Zeros of the kernel's, which take room where they are written to: what an image replaces is given back meanwhile.
  std::byte* const memory = static_cast<std::byte*>(std::calloc(rounded + alignment, 1));
  if (memory == nullptr) throw std::bad_alloc();
  const auto skipped = (alignment - reinterpret_cast<std::uintptr_t>(memory) % alignment) % alignment;
  return {std::shared_ptr<std::byte>(memory, [](std::byte* p) { std::free(p); }), memory + skipped};
}

std::shared_ptr<const std::byte> CpuOps::adopt(std::shared_ptr<const std::byte> image, std::size_t) { return image; }

void CpuOps::upload(View out, const void* host) {
  std::memcpy(out.data, host, static_cast<std::size_t>(out.rows * out.cols * bytes_of(out.element)));
}
void CpuOps::download(void* host, View in) {
  std::memcpy(host, in.data, static_cast<std::size_t>(in.rows * in.cols * bytes_of(in.element)));
}

std::size_t CpuOps::packed_bytes(int in, int out) const { return Matmul::packed_bytes(options_.activation, in, out); }
void CpuOps::pack(std::byte* packed, const float* weight, int in, int out) const {
  Matmul::pack(packed, weight, options_.activation, in, out);
}

View CpuOps::scratch(int slot, Element element, std::int64_t rows, std::int64_t cols) {
  const auto wanted = static_cast<std::size_t>(rows * cols * bytes_of(element));
  if (slots_.size() <= static_cast<std::size_t>(slot)) {
    slots_.resize(slot + 1);
    slot_bytes_.resize(slot + 1);
  }
  if (slot_bytes_[slot] < wanted) {
    slots_[slot].reset();
    slots_[slot] = allocate(wanted + wanted / 4);  // some more: batches differ a little in size
    slot_bytes_[slot] = wanted + wanted / 4;
  }
  return {slots_[slot].get(), element, rows, cols, cols};
}

View CpuOps::as_f32(View x, int slot) {
  if (x.element == Element::f32) return x;
  View wide = scratch(slot, Element::f32, x.rows, x.cols);
  for_rows(options_.threads, x.rows, [&](std::int64_t row) {
    kernels_.widen(x.bf16() + row * x.stride, x.cols, wide.f32() + row * wide.stride);
  });
  return wide;
}

void CpuOps::put(View out, View in) {
  for_rows(options_.threads, in.rows, [&](std::int64_t row) {
    if (out.element == Element::bf16)
      kernels_.narrow(in.f32() + row * in.stride, in.cols, bf16_row(out, row));
    else
      std::memcpy(f32_row(out, row), in.f32() + row * in.stride, static_cast<std::size_t>(in.cols) * sizeof(float));
  });
}

void CpuOps::embed(View out, View table, View ids) {
  for_rows(options_.threads, out.rows, [&](std::int64_t row) {
    std::memcpy(f32_row(out, row), table.f32() + ids.i32()[row] * table.stride,
                static_cast<std::size_t>(table.cols) * sizeof(float));
  });
}

void CpuOps::rms_norm(View out, View in, View gain, double epsilon) {
  for_rows(options_.threads, in.rows, [&](std::int64_t row) {
    kernels_.rms_norm(f32_row(in, row), gain.f32(), static_cast<float>(epsilon), static_cast<int>(in.cols),
                      f32_row(out, row), bf16_row(out, row));
  });
}

void CpuOps::linear(View y, View x, const Projection& w, Accumulate accumulate) {
  if (x.rows > 0) matmul_.packed(y, x, w, accumulate);
}

void CpuOps::lora(View y, View x, std::span<const LoraBlock> blocks) {
  constexpr std::int64_t chunk = 24;  // rows that one thread takes: a multiple of the kernel's tile
  const View input = as_f32(x, 0);
  for (const LoraBlock& block : blocks) {
    const std::int64_t rows = block.row_end - block.row_begin, rank = block.a.cols;
    if (rows == 0 || rank == 0) continue;
    const View t = scratch(1, Element::f32, rows, rank);
    for_rows(options_.threads, (rows + chunk - 1) / chunk, [&](std::int64_t part) {
      const std::int64_t first = part * chunk;
      const int count = static_cast<int>(std::min(chunk, rows - first));
      float* mid = t.f32() + first * rank;
      kernels_.multiply(mid, rank, input.f32() + (block.row_begin + first) * input.stride, input.stride, block.a.f32(),
                        block.a.stride, count, static_cast<int>(block.a.rows), static_cast<int>(rank), false);
      for (const LoraTerm& term : block.terms)
        kernels_.multiply(f32_row(y, block.row_begin + first) + term.column, y.stride, mid + term.first_rank, rank,
                          term.b.f32(), term.b.stride, count, term.rank, term.out, true);
    });
  }
}

void CpuOps::activate(View out, View in, Activation activation) {
  const int width = static_cast<int>(out.cols);
  for_rows(options_.threads, in.rows, [&](std::int64_t row) {
    const float* x = f32_row(in, row);
    if (activation == Activation::gated_gelu)
      kernels_.gated_gelu(x, x + width, width, f32_row(out, row), bf16_row(out, row));
    else
      kernels_.relu(x, width, f32_row(out, row), bf16_row(out, row));
  });
}

void CpuOps::combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
                     std::span<const std::vector<float>> weights) {
  for (std::int64_t member = 0; member < out.rows; ++member) {
    std::vector<const float*> sources;
    for (const std::int32_t row : rows[member]) sources.push_back(f32_row(library, row));
    kernels_.combine(f32_row(out, member), sources.data(), weights[member].data(), static_cast<int>(sources.size()),
                     out.cols);
  }
}

void CpuOps::stack(View out, View library, std::span<const StackedPart> parts, std::span<const std::int32_t> members,
                   std::span<const std::vector<float>> weights) {
  const auto count = static_cast<std::int64_t>(parts.size());
  for_rows(options_.threads, count * static_cast<std::int64_t>(members.size()), [&](std::int64_t i) {
    const StackedPart& part = parts[i % count];
    const float factor = part.weight < 0 ? 1.0f : weights[i / count][part.weight];
    const float* from = f32_row(library, part.adapter) + part.from;
    float* to = f32_row(out, members[i / count]) + part.to;
    for (std::int64_t row = 0; row < part.rows; ++row)
      kernels_.scale(to + row * part.to_stride, from + row * part.from_stride, factor, part.cols);
  });
}

void CpuOps::scale_copy(View out, View in, float factor) {
  for (std::int64_t row = 0; row < in.rows; ++row) kernels_.scale(f32_row(out, row), f32_row(in, row), factor, in.cols);
}

}  // namespace lorasweep
