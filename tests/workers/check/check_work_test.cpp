// SPDX-License-Identifier: Apache-2.0
// The check work gives the same bytes wherever results do, and others wherever one operation does.
#include "workers/check/check_work.h"

#include "workers/device/make_ops.h"
#include "workers/forwarding_ops.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace lorasweep {
namespace {

struct Device {
  DeviceKind kind;
  Element activation;
};

class CheckWorkTest : public testing::TestWithParam<Device> {
 protected:
  void SetUp() override {
    if (device_count(GetParam().kind) == 0) GTEST_SKIP() << "no CUDA device here";
  }
  static std::unique_ptr<Ops> ops(int threads = 1) {
    return make_ops({.activation = GetParam().activation, .threads = threads, .kind = GetParam().kind});
  }
};

TEST_P(CheckWorkTest, GivesTheSameBytesAgainAndWithMoreThreads) {
  for (const Composition composition : {Composition::lorahub, Composition::exact}) {
    const std::string first = compute_check_work(*ops(), composition);
    EXPECT_GT(first.size(), 1000u);
    EXPECT_EQ(compute_check_work(*ops(), composition), first);
    EXPECT_EQ(compute_check_work(*ops(3), composition), first);
  }
  const std::string rotary = compute_rotary_check_work(*ops());
  EXPECT_EQ(rotary.empty(), ops()->rotary() == nullptr);
  EXPECT_EQ(compute_rotary_check_work(*ops()), rotary);
  EXPECT_EQ(compute_rotary_check_work(*ops(3)), rotary);
}

TEST_P(CheckWorkTest, HasWhatAdaptersGiveWhereTheyLieForExactAlone) {
  const std::string lorahub = compute_check_work(*ops(), Composition::lorahub),
                    exact = compute_check_work(*ops(), Composition::exact);
  EXPECT_GT(exact.size(), lorahub.size());
  EXPECT_EQ(exact.substr(0, lorahub.size()), lorahub);
}

TEST_P(CheckWorkTest, PacksAsTheDeviceItselfDoes) {
  EXPECT_EQ(pack_check_work(*make_packing({.activation = GetParam().activation, .kind = GetParam().kind})),
            pack_check_work(*ops()));
}

INSTANTIATE_TEST_SUITE_P(AllDevices, CheckWorkTest,
                         testing::Values(Device{DeviceKind::cpu, Element::f32}, Device{DeviceKind::cpu, Element::bf16},
                                         Device{DeviceKind::cuda, Element::f32},
                                         Device{DeviceKind::cuda, Element::bf16}),
                         [](const auto& param) {
                           return std::string(param.param.kind == DeviceKind::cpu ? "cpu_" : "cuda_") +
                                  (param.param.activation == Element::f32 ? "f32" : "bf16");
                         });

// One operation of the CPU gets one element wrong.
class WrongOps final : public ForwardingOps {
 public:
  WrongOps(std::string wrong, Element activation)
      : ForwardingOps(make_ops({.activation = activation})), wrong_(std::move(wrong)) {}

  void embed(View out, View table, View ids) override {
    ForwardingOps::embed(out, table, ids);
    spoil("embed", out);
  }
  void rms_norm(View out, View in, View gain, double epsilon) override {
    ForwardingOps::rms_norm(out, in, gain, epsilon);
    spoil("rms_norm", out);
  }
  void linear(View y, View x, const Projection& w, Accumulate accumulate) override {
    ForwardingOps::linear(y, x, w, accumulate);
    spoil("linear", y);
  }
  void lora(View y, View x, std::span<const LoraBlock> blocks) override {
    ForwardingOps::lora(y, x, blocks);
    spoil("lora", y);
  }
  void attention(View out, View q, View k, View v, const Sequences& sequences, Index heads,
                 const RelativeBiasTable& bias, Mask mask) override {
    ForwardingOps::attention(out, q, k, v, sequences, heads, bias, mask);
    spoil("attention", out);
  }
  void cross_attention(View out, View q, View states, const Sequences& targets, const Sequences& sources,
                       std::span<const Index> source_of, const CrossProjections& weights,
                       std::span<const LoraBlock> key_lora, std::span<const LoraBlock> value_lora) override {
    ForwardingOps::cross_attention(out, q, states, targets, sources, source_of, weights, key_lora, value_lora);
    spoil("cross_attention", out);
  }
  void cached_attention(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                        std::span<const Index> positions, Index heads, const RelativeBiasTable& bias) override {
    ForwardingOps::cached_attention(out, qkv, cache, slots, positions, heads, bias);
    spoil("cached_attention", out);
  }
  void activate(View out, View in, Activation activation) override {
    ForwardingOps::activate(out, in, activation);
    spoil("activate", out);
  }
  void target_nll(View out, View x, const Projection& head, View labels) override {
    ForwardingOps::target_nll(out, x, head, labels);
    spoil("target_nll", out);
  }
  void argmax(View out, View x, const Projection& head) override {
    ForwardingOps::argmax(out, x, head);
    spoil("argmax", out);
  }
  void combine(View out, View library, std::span<const std::vector<std::int32_t>> rows,
               std::span<const std::vector<float>> weights) override {
    ForwardingOps::combine(out, library, rows, weights);
    spoil("combine", out);
  }
  void scale_copy(View out, View in, float factor) override {
    ForwardingOps::scale_copy(out, in, factor);
    spoil("scale_copy", out);
  }

 private:
  // A bit of the first element: the highest of its mantissa, or of an integer's lowest byte.
  void spoil(const char* operation, View out) const {
    if (wrong_ != operation) return;
    auto* bytes = static_cast<unsigned char*>(out.data);
    const std::size_t place = out.element == Element::f32 ? 2 : out.element == Element::f64 ? 6 : 0;
    bytes[place] ^= out.element == Element::f64 ? 0x08 : 0x40;
  }

  std::string wrong_;
};

TEST(CheckWork, ShowsEveryOperationThatIsWrong) {
  for (const Element activation : {Element::f32, Element::bf16}) {
    WrongOps right("none", activation);
    const std::string expected = compute_check_work(right, Composition::lorahub);
    for (const char* operation : {"embed", "rms_norm", "linear", "lora", "attention", "cross_attention",
                                  "cached_attention", "activate", "target_nll", "argmax", "combine", "scale_copy"}) {
      WrongOps wrong(operation, activation);
      EXPECT_NE(compute_check_work(wrong, Composition::lorahub), expected) << operation;
    }
  }
}

// The same of what decoder-only networks compute; "none" spoils nothing.
class WrongRotaryOps final : public ForwardingOps, public RotaryOps {
 public:
  WrongRotaryOps(std::string wrong, Element activation)
      : ForwardingOps(make_ops({.activation = activation})), wrong_(std::move(wrong)), right_(*inner().rotary()) {}

  RotaryOps* rotary() override { return this; }

  void add_bias(View y, View bias) override {
    right_.add_bias(y, bias);
    spoil("add_bias", y);
  }
  void gather(View out, View in, std::span<const Index> rows) override {
    right_.gather(out, in, rows);
    spoil("gather", out);
  }
  void rotate(View qkv, std::span<const Index> positions, const RotaryTable& table, const HeadGroups& groups,
              const HeadNorms& norms) override {
    right_.rotate(qkv, positions, table, groups, norms);
    spoil("rotate", qkv);
  }
  void grouped_attention(View out, View qkv, const Sequences& sequences, const HeadGroups& groups) override {
    right_.grouped_attention(out, qkv, sequences, groups);
    spoil("grouped_attention", out);
  }
  void fill_cache(const DecoderCache& cache, View qkv, const Sequences& sequences, std::span<const Index> slots,
                  const HeadGroups& groups) override {
    right_.fill_cache(cache, qkv, sequences, slots, groups);
    spoil("fill_cache", cache.rows);
  }
  void copy_cache(const DecoderCache& to, const DecoderCache& from) override {
    right_.copy_cache(to, from);
    spoil("copy_cache", to.rows);
  }
  void grouped_step(View out, View qkv, const DecoderCache& cache, std::span<const Index> slots,
                    std::span<const Index> positions, const HeadGroups& groups) override {
    right_.grouped_step(out, qkv, cache, slots, positions, groups);
    spoil("grouped_step", out);
  }
  void nll_of_logits(View out, View logits, View labels) override {
    right_.nll_of_logits(out, logits, labels);
    spoil("nll_of_logits", out);
  }
  void argmax_of_logits(View out, View logits) override {
    right_.argmax_of_logits(out, logits);
    spoil("argmax_of_logits", out);
  }
  WorkspaceSize grouped_attention_scratch(const GroupedAttentionShape& largest) const override {
    return right_.grouped_attention_scratch(largest);
  }
  WorkspaceSize grouped_step_scratch(const GroupedStepShape& largest) const override {
    return right_.grouped_step_scratch(largest);
  }

 private:
  // The first row: its query sees one key alone and shows nothing, its key is seen by others.
  void spoil(const char* operation, View out) const {
    if (wrong_ != operation) return;
    auto* const bytes = static_cast<unsigned char*>(out.data);
    const Index size = bytes_of(out.element), place = out.element == Element::f32 ? 2 : size == 8 ? 6 : 0;
    for (Index i = 0; i < out.cols; ++i) bytes[i * size + place] ^= size == 8 ? 0x08 : 0x40;
  }

  std::string wrong_;
  RotaryOps& right_;
};

TEST(CheckWork, ShowsEveryOperationOfDecoderOnlyNetworksThatIsWrong) {
  for (const Element activation : {Element::f32, Element::bf16}) {
    WrongRotaryOps right("none", activation);
    const std::string expected = compute_rotary_check_work(right);
    EXPECT_GT(expected.size(), 1000u);
    for (const char* operation : {"add_bias", "gather", "rotate", "grouped_attention", "fill_cache", "copy_cache",
                                  "grouped_step", "nll_of_logits", "argmax_of_logits"}) {
      WrongRotaryOps wrong(operation, activation);
      EXPECT_TRUE(compute_rotary_check_work(wrong) != expected) << operation;
    }
  }
}

}  // namespace
}  // namespace lorasweep
