// SPDX-License-Identifier: Apache-2.0
// The operations that networks with LoRA are written in. Implemented per device: cpu/ (oneDNN), cuda/ (cuBLASLt and own
// kernels).
//
// Contract, for every implementation:
//  - Memory handed around in Views is the device's; the host never dereferences it. Host data goes in by upload(),
//  comes out by download().
//  - Operations are enqueued in order and may not have happened when the call returns. wait() is the only call that
//  blocks; mark() names a
//    place in the order to wait for, so that the next batch can be enqueued before this one's results are read.
//    Spans and host arrays given to an operation need to live only until the call returns.
//  - Batch invariance: what is computed for a row (or a sequence) has the same bits whatever other rows (sequences) are
//  in the call.
//  - Matrices are row-major. f32 accumulation everywhere; `activation()` is the element of matrix products' inputs.
// Shapes: R rows, d = d_model, H heads, k = d_kv, S source and T target length of a sequence, V vocabulary, r rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace lorasweep {

enum class Element : std::uint8_t { f32, bf16, i32, f64 };
inline std::int64_t bytes_of(Element element) { return element == Element::bf16 ? 2 : element == Element::f64 ? 8 : 4; }

/// A matrix in the device's memory; does not own it. `stride` is the distance of rows, in elements.
struct View {
  void* data = nullptr;
  Element element = Element::f32;
  std::int64_t rows = 0, cols = 0, stride = 0;

  View columns(std::int64_t first, std::int64_t count) const {
    return {static_cast<std::byte*>(data) + first * bytes_of(element), element, rows, count, stride};
  }
  View row_range(std::int64_t first, std::int64_t count) const {
    return {static_cast<std::byte*>(data) + first * stride * bytes_of(element), element, count, cols, stride};
  }
  float* f32() const { return static_cast<float*>(data); }
  std::uint16_t* bf16() const { return static_cast<std::uint16_t*>(data); }
  std::int32_t* i32() const { return static_cast<std::int32_t*>(data); }
  double* f64() const { return static_cast<double*>(data); }
};

/// A linear map y = x W^T in the device's own packed layout, inside the model image.
struct Projection {
  const std::byte* packed = nullptr;
  int in = 0, out = 0;
};

/// Sequences lying end to end in the rows of a matrix: sequence i has rows [offsets[i], offsets[i + 1]).
struct Sequences {
  std::vector<std::int32_t> offsets = {0};
  int count() const { return static_cast<int>(offsets.size()) - 1; }
  std::int32_t begin(int i) const { return offsets[i]; }
  std::int32_t length(int i) const { return offsets[i + 1] - offsets[i]; }
  std::int32_t rows() const { return offsets.back(); }
};

/// Relative position bias: values[h][j - i + reach] is added to the score of query i and key j; |j - i| <= reach.
struct RelativeBiasTable {
  View values;  ///< f32 [H, 2 * reach + 1]
  int reach = 0;
};

/// One changed site of a bypass: y[:, column : column + out] += t[:, first_rank : first_rank + rank] * b.
struct LoraTerm {
  int column = 0, out = 0;
  int first_rank = 0, rank = 0;
  View b;  ///< f32 [rank, out]: B transposed, scaling folded in
};

/// The bypass of one member at sites that share their input: t = x * a on the member's rows, then its terms.
struct LoraBlock {
  std::int32_t row_begin = 0, row_end = 0;
  View a;  ///< f32 [in, total rank]: A transposed, sites side by side
  std::vector<LoraTerm> terms;
};

/// Absorbed cross-attention of one layer: keys and values over the source are never formed.
///   q~_h = W_k,h^T q_h (+ A_k^T B_k,h^T q_h),  c_h = softmax(q~_h E^T) E,  o_h = W_v,h c_h (+ B_v,h A_v c_h)
struct CrossProjections {
  std::vector<Projection> key_transposed;  ///< per head: k -> d
  std::vector<Projection> value;           ///< per head: d -> k
};

/// A rectangle of a stacked composition: `rows` x `cols` floats of a library row go to a member's row, times one of the
/// member's weights.
struct StackedPart {
  std::int64_t from = 0, to = 0;  ///< floats from the beginning of either row
  std::int32_t from_stride = 0, to_stride = 0;
  std::int32_t rows = 0, cols = 0;
  std::int32_t adapter = 0;  ///< row of the library
  std::int32_t weight = -1;  ///< which of the member's weights; -1: unchanged
};

enum class Accumulate { no, yes };
enum class Mask { none, causal };
enum class Activation { relu, gated_gelu };

/// Keys and values of earlier decoding steps. Slot s, position p: row s * capacity + p of [slots * capacity, 2 * H * k]
/// (keys, then values).
struct DecoderCache {
  View rows;
  int capacity = 0;
};

/// A place in the order of enqueued operations.
using Mark = std::uint64_t;

/// The device has no memory for this. The Ops stays usable; a smaller batch may fit.
struct OutOfDeviceMemory : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The device cannot be used any more by this process. The worker has to end; its work is somebody else's.
struct DeviceLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Bytes and layout of linear maps in the model image. Works on the host, whether or not the device is here: the
/// process that reads the files need not be one that computes.
class Packing {
 public:
  virtual ~Packing() = default;
  virtual std::size_t packed_bytes(int in, int out) const = 0;
  virtual void pack(std::byte* packed, const float* weight, int in, int out) const = 0;  ///< weight [out, in]
};

class Ops : public Packing {
 public:
  virtual Element activation() const = 0;

  // Memory. allocate() gives zeroed bytes aligned to 64, freed with the handle; OutOfDeviceMemory if there are not so
  // many.
  virtual std::shared_ptr<std::byte> allocate(std::size_t bytes) = 0;
  /// The device's view of an image that lies in host memory; shares it where the device can read it, copies it
  /// otherwise.
  virtual std::shared_ptr<const std::byte> adopt(std::shared_ptr<const std::byte> image, std::size_t bytes) = 0;
  virtual void upload(View out, const void* host) = 0;  ///< out is dense
  virtual void download(void* host, View in) = 0;       ///< valid on the host after wait(); in is dense

  // Order.
  virtual Mark mark() = 0;              ///< everything enqueued so far
  virtual bool reached(Mark mark) = 0;  ///< has it happened?
  virtual void wait(Mark mark) = 0;     ///< until it has happened
  void wait_all() { wait(mark()); }
  /// Enqueues what `body` enqueues. A device may record it and, the next time the same key comes, replay the record
  /// without calling `body`. So what the body enqueues must depend on the key alone, it may neither upload, download,
  /// allocate nor wait, and matrices that it uses must be at the same place whenever the key comes and no allocation
  /// was made in between.
  virtual void repeat(const std::string& key, const std::function<void()>& body) {
    (void)key;
    body();
  }
  /// Waits, and gives back what is kept for the next operations: somebody needs memory.
  virtual void release() {}
  /// Bytes that can still be allocated; nothing where that is the host's memory and nobody counts it.
  virtual std::optional<std::size_t> free_memory() const { return std::nullopt; }

  // The network.
  /// f32 [R, d] <- f32 [V, d], i32 [R, 1]
  virtual void embed(View out, View table, View ids) = 0;
  /// out activation or f32; in f32; gain f32 [1, d]
  virtual void rms_norm(View out, View in, View gain, double epsilon) = 0;
  /// y f32 [R, out]; x activation [R, in]
  virtual void linear(View y, View x, const Projection& w, Accumulate accumulate) = 0;
  /// y f32, x activation; rows outside blocks untouched
  virtual void lora(View y, View x, std::span<const LoraBlock> blocks) = 0;
  /// Attention of packed sequences: q, k, v f32 [R, H * k] (views into one matrix); out activation. bias may be empty.
  virtual void attention(View out, View q, View k, View v, const Sequences& sequences, int heads,
                         const RelativeBiasTable& bias, Mask mask) = 0;
  /// Absorbed cross-attention: q f32 [R, H * k] over `targets`, states activation [rows of sources, d]; target sequence
  /// i attends to source sequence source_of[i]. `key_lora`, `value_lora`: bypasses of k and v by target rows, at most
  /// one term each. out activation [R, H * k].
  virtual void cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                               std::span<const std::int32_t> source_of, const CrossProjections& weights,
                               std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) = 0;
  /// One decoding step: row i of qkv (f32 [R, 3 * H * k]) is position positions[i] of slot slots[i]; its key and value
  /// are appended, then it attends to positions 0..positions[i]. out activation [R, H * k].
  virtual void cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const std::int32_t> slots,
                                std::span<const std::int32_t> positions, int heads, const RelativeBiasTable& bias) = 0;
  /// in f32 [R, f] (relu) or [R, 2 f] (gate, linear); out activation [R, f]
  virtual void activate(View out, View in, Activation activation) = 0;
  /// out f64 [R, 1]: negative log-likelihood (natural logarithm) of each row's label, i32 [R, 1].
  virtual void target_nll(View out, View x, const Projection& head, View labels) = 0;
  virtual void argmax(View out, View x, const Projection& head) = 0;  ///< out i32 [R, 1]; the lowest id wins a tie

  // Composition.
  /// out[p] = sum_i weights[p][i] * library[rows[p][i]], summed in order i, each product and sum rounded to f32 as the
  /// reference does.
  virtual void combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
                       std::span<const std::vector<float>> weights) = 0;
  /// out[members[i]] gets all `parts` with weights[i]; what no part covers stays as it is. Parts do not overlap in
  /// `out`.
  virtual void stack(View out, View library, std::span<const StackedPart> parts, std::span<const std::int32_t> members,
                     std::span<const std::vector<float>> weights) = 0;
  /// out = factor * in, element by element; both may be strided.
  virtual void scale_copy(View out, View in, float factor) = 0;
};

}  // namespace lorasweep
