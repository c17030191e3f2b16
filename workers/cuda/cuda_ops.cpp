// SPDX-License-Identifier: Apache-2.0
// Memory, order and the large products; the kernels are in files named as on the CPU's side.
#include "workers/cuda/cuda_ops.h"

#include "workers/cuda/matmul.h"
#include "workers/ops/to_int32.h"

#include <iterator>
#include <stdexcept>
#include <utility>

namespace lorasweep {
namespace {

// A sweep meets few shapes: a batch's buckets and the steps of decoding. A record of a whole evaluation is some
// megabytes.
constexpr std::size_t most_recordings = 64;

}  // namespace

CudaOps::CudaOps(const CudaOptions& options)
    : activation_(options.activation),
      packing_(options.activation),
      device_(Device::open(options.index)),
      staging_(*device_),
      downloads_(*device_),
      descriptors_(*device_, staging_),
      matmul_(std::make_unique<CudaMatmul>()),
      recordings_(most_recordings) {}

CudaOps::~CudaOps() { device_->finish(); }  // the pinned memory that goes away now may still be copied from

std::shared_ptr<const std::byte> CudaOps::adopt(std::shared_ptr<const std::byte> image, std::size_t bytes) {
  std::shared_ptr<std::byte> copy = device_->allocate(bytes);
  staging_.copy(copy.get(), image.get(), bytes);
  return copy;
}

void CudaOps::upload(View out, const void* host) {
  if (device_->recording()) throw std::logic_error("upload() while a repeated sequence was being recorded");
  staging_.copy(out.data, host, out.bytes());
}

void CudaOps::download(void* host, View in) {
  if (device_->recording()) throw std::logic_error("download() while a repeated sequence was being recorded");
  downloads_.copy(host, in.data, in.bytes());
}

void CudaOps::release() {
  wait_all();
  scratch_.release();
}

void CudaOps::repeat(const std::string& key, const std::function<void()>& body) {
  using Step = RepeatCache<Recording>::Step;
  if (device_->recording()) return body();  // part of a larger record
  recordings_.released(device_->take_oldest_release());
  switch (recordings_.next(key)) {
    case Step::replay: replay(recordings_.record(key)); return;
    case Step::record: record(key, body); return;
    case Step::plain: run_plainly(key, body);
  }
}

void CudaOps::replay(const Recording& recording) {
  recording.graph.launch(device_->stream());
  ++device_->counters().replays;
  device_->counters().replayed_launches += recording.launches;
}

void CudaOps::run_plainly(const std::string& key, const std::function<void()>& body) {
  ++device_->counters().plain_runs;
  body();
  recordings_.released(device_->take_oldest_release());  // intermediate memory that grew: the others' records had it
  recordings_.ran_plainly(key, device_->allocations());
}

void CudaOps::record(const std::string& key, const std::function<void()>& body) {
  OpsCounters& counters = device_->counters();
  const std::uint64_t launches_before = counters.launches;
  descriptors_.begin_recording();
  std::optional<Graph> graph;
  std::vector<std::shared_ptr<std::byte>> tables;
  try {
    graph = Graph::record(*device_, body);
    tables = descriptors_.end_recording();
  } catch (...) {
    descriptors_.drop_recording();
    throw;
  }
  const std::uint64_t launches = counters.launches - launches_before;
  counters.launches = launches_before;  // they went into the record
  if (graph) {
    ++counters.records;
    replay(recordings_.recorded(key, device_->allocations(), {std::move(*graph), std::move(tables), launches}));
  } else {
    ++counters.refused_records;
    recordings_.refuse(key);
    run_plainly(key, body);
  }
}

ProductKind CudaOps::product_kind(Element x, Element w, Element y, WeightLayout layout, Accumulate accumulate) const {
  ProductKind kind{.x = x, .w = w, .y = y, .layout = layout, .accumulate = accumulate};
  kind.precision = activation_;
  return kind;
}

// For maps that no algorithm of cuBLASLt serves as we need it (none is known), or serves no more.
void CudaOps::product_without_library(View y, View x, const Projection& w, Accumulate accumulate) {
  grouped_product(*device_, descriptors_,
                  product_kind(x.element, activation_, y.element, WeightLayout::transposed, accumulate),
                  {{.x = x.data,
                    .w = w.packed,
                    .y = y.data,
                    .x_stride = x.stride,
                    .w_stride = CudaPacking::row_elements(activation_, w.in),
                    .y_stride = y.stride,
                    .rows = to_int32(x.rows),
                    .in = to_int32(w.in),
                    .cols = to_int32(w.out)}});
}

void CudaOps::linear(View y, View x, const Projection& w, Accumulate accumulate) {
  if (x.rows == 0) return;
  const Index done = matmul_->product(*device_, y, x, w, accumulate), left = x.rows - done;
  if (left > 0) product_without_library(y.row_range(done, left), x.row_range(done, left), w, accumulate);
}

void CudaOps::heads_linear(View y, View x, std::span<const Projection> heads) {
  if (x.rows == 0) return;
  const Index in = heads[0].in, out = heads[0].out, count = std::ssize(heads), element = bytes_of(x.element);
  const Index step_bytes = count > 1 ? heads[1].packed - heads[0].packed : 0;
  bool evenly = step_bytes % element == 0;
  for (Index h = 1; h < count; ++h) evenly = evenly && heads[h].packed - heads[h - 1].packed == step_bytes;
  const HeadBatch steps{.count = count, .x_step = in, .w_step = step_bytes / element, .y_step = out};
  const Index done =
      evenly ? matmul_->product(*device_, y.columns(0, out), x.columns(0, in), heads[0], Accumulate::no, steps) : 0;
  const View left_y = y.row_range(done, x.rows - done), left_x = x.row_range(done, x.rows - done);
  for (Index h = 0; h < count; ++h)
    linear(left_y.columns(h * out, out), left_x.columns(h * in, in), heads[h], Accumulate::no);
}

}  // namespace lorasweep
