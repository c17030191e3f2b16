// SPDX-License-Identifier: Apache-2.0
// Which products go to the panels and which to oneDNN, and the primitives of the latter.
#include "workers/cpu/matmul.h"

#include "data/core/memory.h"
#include "workers/cpu/instruction_set.h"
#include "workers/cpu/kernels.h"
#include "workers/cpu/panel_product.h"

#include <dnnl.hpp>
#include <omp.h>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <new>
#include <tuple>

namespace lorasweep {
namespace {

using dnnl::matmul;
using dnnl::memory;

// Where oneDNN gets no memory for code it writes to none (seen in 2.6). So there must be plenty before it makes any: as
// it is created, and the first time that it is used.
constexpr std::size_t room_for_code = std::size_t{16} << 20;

// What oneDNN calls an error of its own is that of the memory.
template <typename Call>
auto with_memory(Call call) {
  try {
    require_memory(room_for_code);
    return call();
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
    throw;
  }
}

// oneDNN takes what the processor has, or what its own environment variable allows, unless ours allows less.
void limit_instructions() {
  const InstructionSet set = instruction_set();
  if (set == processor_instruction_set()) return;
  dnnl::set_max_cpu_isa(set == InstructionSet::avx512 ? dnnl::cpu_isa::avx512_core
                        : set == InstructionSet::avx2 ? dnnl::cpu_isa::avx2
                                                      : dnnl::cpu_isa::sse41);
}

const dnnl::engine& cpu_engine() {
  static const dnnl::engine engine = [] {
    limit_instructions();  // before oneDNN does anything else
    return dnnl::engine(dnnl::engine::kind::cpu, 0);
  }();
  return engine;
}

memory::data_type type_of(Element element) {
  return element == Element::bf16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc dense(Element element, Index rows, Index cols) {
  return memory::desc({rows, cols}, type_of(element), memory::format_tag::ab);
}

// Rows of the product whose preferred weight layout is used for all products: tall enough that the choice is that of
// large batches.
constexpr Index packing_rows = 640;

constexpr std::size_t most_primitives = 2048;

matmul::primitive_desc preferred_product(Element element, Index in, Index out) {
  const memory::desc any({in, out}, type_of(element), memory::format_tag::any);
  return with_memory([&] {
    return matmul::primitive_desc(
        matmul::desc(dense(element, packing_rows, in), any, dense(Element::f32, packing_rows, out)), cpu_engine());
  });
}

// oneDNN multiplies every row of bf16 alike where it has brgemm for it (measured for 2.6, AVX-512 BF16).
bool has_bf16() {
  static const bool has = [] {
    if (instruction_set() < InstructionSet::avx512_bf16) return false;
    try {
      return std::string(preferred_product(Element::bf16, 1024, 1024).impl_info_str()).find("brg") != std::string::npos;
    } catch (const dnnl::error&) {
      return false;
    }
  }();
  return has;
}

// Elsewhere bf16 is widened to f32: the same values, more slowly.
bool widens(Element element) { return element == Element::bf16 && !has_bf16(); }
bool uses_panels(Element element) { return element == Element::f32 || widens(element); }

memory::desc packed_desc(Element element, Index in, Index out) {
  static std::mutex mutex;
  static std::map<std::tuple<Element, Index, Index>, memory::desc> known;
  const std::scoped_lock lock(mutex);
  auto entry = known.find({element, in, out});
  if (entry == known.end()) {
    const memory::desc preferred = preferred_product(element, in, out).weights_desc();  // first: it may throw
    entry = known.emplace(std::tuple(element, in, out), preferred).first;
  }
  return entry->second;
}

enum class Kind { packed, packed_sum, plain, transposed, scores, weighted_sums };

// What a primitive depends on besides the packed layout: y [m, n] = x [m, k] w [k, n], `batch` times.
struct Key {
  Kind kind;
  Element x, y;
  Index m, k, n;
  Index batch = 1, left_stride = 0, right_stride = 0;
  auto operator<=>(const Key&) const = default;
};

struct Primitive {
  matmul product;
  memory::desc source, weights, destination;
};

}  // namespace

struct Matmul::State {
  explicit State(int thread_count) : threads(thread_count), panels(thread_count) {}

  int threads;
  PanelProduct panels;
  dnnl::stream stream{cpu_engine()};
  std::map<Key, Primitive> primitives;
  std::vector<float> wide_input, wide_weights, wide_output;  // bf16 as f32

  template <typename MakeDescriptors>
  Primitive& primitive(const Key& key, const dnnl::primitive_attr& attributes, MakeDescriptors make) {
    auto found = primitives.find(key);
    if (found == primitives.end()) {
      // shapes of ragged batches have no end; each primitive holds code
      if (primitives.size() >= most_primitives) primitives.clear();
      auto [source, weights, destination] = make();
      const matmul product = with_memory([&, &source = source, &weights = weights, &destination = destination] {
        return matmul(matmul::primitive_desc(matmul::desc(source, weights, destination), attributes, cpu_engine()));
      });
      found = primitives.emplace(key, Primitive{product, source, weights, destination}).first;
    }
    return found->second;
  }

  void run(Primitive& p, const void* source, const void* weights, void* destination) {
    memory x(p.source, cpu_engine(), const_cast<void*>(source));
    memory w(p.weights, cpu_engine(), const_cast<void*>(weights));
    memory y(p.destination, cpu_engine(), destination);
    try {
      p.product.execute(stream, {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, w}, {DNNL_ARG_DST, y}});
    } catch (const dnnl::error& error) {
      if (error.status == dnnl_out_of_memory) throw std::bad_alloc();
      throw;
    }
  }
};

namespace {

/// Rows of `from` in f32; `from` itself if it is.
View widened(View from, std::vector<float>& memory) {
  if (from.element == Element::f32) return from;
  memory.resize(std::max<std::size_t>(memory.size(), from.rows * from.cols));
  for (Index row = 0; row < from.rows; ++row)
    best_kernels().widen(from.bf16() + row * from.stride, from.cols, memory.data() + row * from.cols);
  return {memory.data(), Element::f32, from.rows, from.cols, from.cols};
}

}  // namespace

Matmul::Matmul(int threads) : state_(std::make_unique<State>(threads)) {}
Matmul::~Matmul() = default;
Matmul::Matmul(Matmul&&) noexcept = default;
Matmul& Matmul::operator=(Matmul&&) noexcept = default;

std::string Matmul::description() {
  cpu_engine();  // limits oneDNN before it is asked
  const dnnl_version_t* version = dnnl_version();
  return "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch) + " (isa " + std::to_string(static_cast<int>(dnnl::get_effective_cpu_isa())) +
         "), products in panels";
}

std::size_t Matmul::packed_bytes(Element element, Index in, Index out) {
  return uses_panels(element) ? panel_bytes(in, out) : packed_desc(element, in, out).get_size();
}

void Matmul::pack(std::byte* packed, const float* weight, Element element, Index in, Index out) {
  std::vector<float> rounded;
  const bool in_panels = uses_panels(element);
  if (widens(element)) {
    const Index count = in * out;
    std::vector<std::uint16_t> narrow(count);
    rounded.resize(count);
    best_kernels().narrow(weight, count, narrow.data());
    best_kernels().widen(narrow.data(), count, rounded.data());
    weight = rounded.data();
  }
  if (in_panels) return pack_panels(packed, weight, in, out);
  dnnl::stream stream(cpu_engine());
  // [out, in] row-major is [in, out] in column-major order.
  memory source(memory::desc({in, out}, memory::data_type::f32, memory::format_tag::ba), cpu_engine(),
                const_cast<float*>(weight));
  memory destination(packed_desc(element, in, out), cpu_engine(), packed);
  with_memory([&] {
    dnnl::reorder(source, destination).execute(stream, source, destination);
    stream.wait();
  });
}

void Matmul::packed(View y, View x, const Projection& w, Accumulate accumulate) {
  if (uses_panels(x.element)) return state_->panels.multiply(y, x, w, accumulate);
  omp_set_num_threads(state_->threads);
  dnnl::primitive_attr attributes;
  if (accumulate == Accumulate::yes) {
    dnnl::post_ops sum;
    sum.append_sum(1.0f);
    attributes.set_post_ops(sum);
  }
  const Kind kind = accumulate == Accumulate::yes ? Kind::packed_sum : Kind::packed;
  const Key key{.kind = kind, .x = x.element, .y = y.element, .m = x.rows, .k = w.in, .n = w.out};
  Primitive& p = state_->primitive(key, attributes, [&] {
    return std::tuple(dense(x.element, x.rows, w.in), packed_desc(x.element, w.in, w.out),
                      dense(y.element, x.rows, w.out));
  });
  state_->run(p, x.data, w.packed, y.data);
}

void Matmul::plain(View y, View x, View w, Layout layout) {
  State& state = *state_;
  if (widens(x.element)) {
    View out = y;
    if (y.element == Element::bf16) {
      state.wide_output.resize(std::max<std::size_t>(state.wide_output.size(), y.rows * y.cols));
      out = {state.wide_output.data(), Element::f32, y.rows, y.cols, y.cols};
    }
    plain(out, widened(x, state.wide_input), widened(w, state.wide_weights), layout);
    if (y.element == Element::bf16) best_kernels().narrow(out.f32(), y.rows * y.cols, y.bf16());
    return;
  }
  omp_set_num_threads(1);
  const bool transposed = layout == Layout::transposed;
  const Kind kind = transposed ? Kind::transposed : Kind::plain;
  const Key key{
      .kind = kind, .x = x.element, .y = y.element, .m = x.rows, .k = x.cols, .n = y.cols, .right_stride = w.stride};
  Primitive& p = state.primitive(key, {}, [&] {
    const memory::dims strides = transposed ? memory::dims{1, w.stride} : memory::dims{w.stride, 1};
    return std::tuple(dense(x.element, x.rows, x.cols), memory::desc({x.cols, y.cols}, type_of(w.element), strides),
                      dense(y.element, x.rows, y.cols));
  });
  state.run(p, x.data, w.data, y.data);
}

void Matmul::scores(float* scores, View q, View keys, Index batch) {
  omp_set_num_threads(1);
  const Index width = q.cols / batch;
  const Key key{.kind = Kind::scores,
                .x = Element::f32,
                .y = Element::f32,
                .m = q.rows,
                .k = width,
                .n = keys.rows,
                .batch = batch,
                .left_stride = q.stride,
                .right_stride = keys.stride};
  Primitive& p = state_->primitive(key, {}, [&] {
    return std::tuple(
        memory::desc({batch, q.rows, width}, memory::data_type::f32, memory::dims{width, q.stride, 1}),
        memory::desc({batch, width, keys.rows}, memory::data_type::f32, memory::dims{width, 1, keys.stride}),
        memory::desc({batch, q.rows, keys.rows}, memory::data_type::f32, memory::format_tag::abc));
  });
  state_->run(p, q.data, keys.data, scores);
}

void Matmul::weighted_sums(View out, const float* scores, View values, Index batch) {
  omp_set_num_threads(1);
  const Index width = values.cols / batch;
  const Key key{.kind = Kind::weighted_sums,
                .x = Element::f32,
                .y = Element::f32,
                .m = out.rows,
                .k = values.rows,
                .n = width,
                .batch = batch,
                .left_stride = out.stride,
                .right_stride = values.stride};
  Primitive& p = state_->primitive(key, {}, [&] {
    return std::tuple(
        memory::desc({batch, out.rows, values.rows}, memory::data_type::f32, memory::format_tag::abc),
        memory::desc({batch, values.rows, width}, memory::data_type::f32, memory::dims{width, values.stride, 1}),
        memory::desc({batch, out.rows, width}, memory::data_type::f32, memory::dims{width, out.stride, 1}));
  });
  state_->run(p, scores, values.data, out.data);
}

}  // namespace lorasweep
