// SPDX-License-Identifier: Apache-2.0
// Memory, order and repetition on every device.
#include "tests/workers/ops/ops_test.h"

#include <numeric>

namespace lorasweep {
namespace {

class Order : public OpsTest {};

TEST_P(Order, AllocatedBytesAreZero) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{100000}}) {
    const auto handle = ops->allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(handle.get()) % 64, 0u);
    std::vector<char> values(bytes, 7);
    ops->download(values.data(), {handle.get(), Element::f32, 1, static_cast<std::int64_t>(bytes / 4),
                                  static_cast<std::int64_t>(bytes / 4)});
    ops->wait_all();
    for (std::size_t i = 0; i < bytes / 4 * 4; ++i) ASSERT_EQ(values[i], 0);
  }
}

TEST_P(Order, HostMemoryMayBeReusedWhenUploadReturns) {
  std::vector<std::int32_t> values(3000000);  // more than any staging memory
  std::vector<View> views;
  for (int round = 0; round < 4; ++round) {
    std::iota(values.begin(), values.end(), round * 1000);
    views.push_back(put(Element::i32, values));
    std::ranges::fill(values, -1);
  }
  for (int round = 0; round < 4; ++round) {
    const auto got = get_vector<std::int32_t>(views[round]);
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], round * 1000 + static_cast<std::int32_t>(i));
  }
}

TEST_P(Order, AnImageIsTheDevicesOwnWhenAdoptReturned) {
  std::vector<float> values(2500000);
  std::iota(values.begin(), values.end(), 0.0f);
  const std::size_t bytes = values.size() * sizeof(float);
  std::shared_ptr<std::byte> image(new (std::align_val_t{64}) std::byte[bytes],
                                   [](std::byte* p) { ::operator delete[](p, std::align_val_t{64}); });
  std::memcpy(image.get(), values.data(), bytes);
  const auto adopted = ops->adopt(image, bytes);
  image.reset();
  const auto n = static_cast<std::int64_t>(values.size());
  EXPECT_EQ(get_vector<float>({const_cast<std::byte*>(adopted.get()), Element::f32, n, 1, 1}), values);
}

TEST_P(Order, ResultsAreThereAtTheirMarkAndMarksAreReachedInOrder) {
  const View a = put(Matrix(40, 8, 1)), b = empty(Element::f32, 40, 8);
  std::vector<float> first(320), second(320);
  ops->scale_copy(b, a, 2.0f);
  ops->download(first.data(), b);
  const Mark one = ops->mark();
  ops->scale_copy(b, a, 3.0f);
  ops->download(second.data(), b);
  const Mark two = ops->mark();
  ops->wait(one);
  EXPECT_TRUE(ops->reached(one));
  const Matrix source(40, 8, 1);
  for (std::size_t i = 0; i < 320; ++i) ASSERT_EQ(first[i], 2.0f * source.values[i]);
  while (!ops->reached(two)) {
  }
  ops->wait(two);
  ops->wait(one);
  for (std::size_t i = 0; i < 320; ++i) ASSERT_EQ(second[i], 3.0f * source.values[i]);
}

TEST_P(Order, AHandleMayGoWhileItsMemoryIsStillBeingRead) {
  const Matrix source(100, 64, 1);
  const View target = empty(Element::f32, 100, 64);
  const auto temporary = ops->allocate(100 * 64 * 4);
  {
    auto handle = ops->allocate(100 * 64 * 4);
    const View view{handle.get(), Element::f32, 100, 64, 64};
    ops->upload(view, source.values.data());
    ops->scale_copy(target, view, 1.0f);
  }
  const View next = put(Matrix(100, 64, 2));  // might get the same place
  EXPECT_EQ(get(target).values, source.values);
  EXPECT_EQ(get(next).values, Matrix(100, 64, 2).values);
}

TEST_P(Order, AHandleMayOutliveItsOps) {
  auto handle = ops->allocate(1000);
  memory.clear();
  images.clear();
  ops.reset();
  handle.reset();
}

TEST_P(Order, TooMuchMemoryIsRefusedAndTheOpsStaysUsable) {
  if (GetParam().kind == DeviceKind::cpu) GTEST_SKIP() << "the host's memory is not counted";
  EXPECT_THROW(ops->allocate(std::size_t{1} << 50), OutOfDeviceMemory);
  const Matrix matrix(10, 10, 1);
  EXPECT_EQ(get(put(matrix)).values, matrix.values);
  EXPECT_GT(ops->free_memory().value(), 0u);
}

// A little network's worth of operations, whose tables differ by key.
TEST_P(Order, WhatIsRepeatedGivesWhatAPlainRunGivesWithTheInputsOfTheMoment) {
  const int heads = 2, width = 16, inner = 32, d = 64;
  const Projection map = pack(Matrix(3 * inner, d, 1, 0.2f)), head = pack(Matrix(90, inner, 2));
  const View a = put(Matrix(d, 16, 3, 0.2f)), b = put(Matrix(16, 3 * inner, 4, 0.2f)), gain = put(Matrix(1, d, 5));
  const RelativeBiasTable bias{put(Matrix(heads, 201, 6)), 100};
  CrossProjections cross;
  for (unsigned h = 0; h < heads; ++h) {
    cross.key_transposed.push_back(pack(Matrix(d, width, 7 + h, 0.2f)));
    cross.value.push_back(pack(Matrix(width, d, 9 + h, 0.2f)));
  }
  const View x = empty(Element::f32, 90, d), normed = empty(activation(), 90, d),
             qkv = empty(Element::f32, 90, 3 * inner);
  const View context = empty(activation(), 90, inner), crossed = empty(activation(), 90, inner),
             choices = empty(Element::i32, 90, 1);
  const auto enqueue = [&](const std::vector<Index>& lengths) {
    const Sequences sequences = packed(lengths);
    const std::int64_t rows = sequences.rows();
    std::vector<Index> source_of(lengths.size());
    std::iota(source_of.begin(), source_of.end(), Index{0});
    const View own = qkv.row_range(0, rows);
    ops->rms_norm(normed.row_range(0, rows), x.row_range(0, rows), gain, 1e-6);
    ops->linear(own, normed.row_range(0, rows), map, Accumulate::no);
    const std::vector<LoraBlock> blocks = {{1, rows, {{a, {{0, 3 * inner, 0, 16, b}}}}}};
    ops->lora(own, normed.row_range(0, rows), blocks);
    ops->attention(context.row_range(0, rows), own.columns(0, inner), own.columns(inner, inner),
                   own.columns(2 * inner, inner), sequences, heads, bias, Mask::causal);
    ops->cross_attention(crossed.row_range(0, rows), own.columns(0, inner), normed.row_range(0, rows), sequences,
                         sequences, source_of, cross, {}, {});
    ops->argmax(choices.row_range(0, rows), context.row_range(0, rows), head);
  };
  const std::vector<std::vector<Index>> shapes = {{10, 20}, {3, 5, 80}, {30}};
  int bodies = 0;
  for (unsigned round = 0; round < 5; ++round)
    for (const auto& lengths : shapes) {
      const std::int64_t rows = packed(lengths).rows();
      ops->upload(x, Matrix(90, d, 100 + round).values.data());
      ops->repeat(testing::PrintToString(lengths), [&] {
        ++bodies;
        enqueue(lengths);
      });
      const Matrix repeated = get(crossed.row_range(0, rows)), attended = get(context.row_range(0, rows));
      const auto chosen = get_vector<std::int32_t>(choices.row_range(0, rows));
      // somebody allocates: records are not to be trusted
      if (round == 3 && lengths.size() == 2) memory.push_back(ops->allocate(64));
      enqueue(lengths);
      EXPECT_EQ(get(crossed.row_range(0, rows)).values, repeated.values) << "round " << round;
      EXPECT_EQ(get(context.row_range(0, rows)).values, attended.values) << "round " << round;
      EXPECT_EQ(get_vector<std::int32_t>(choices.row_range(0, rows)), chosen) << "round " << round;
    }
  if (GetParam().kind == DeviceKind::cuda) {
    EXPECT_LT(bodies, 15) << "nothing was replayed";
  }
}

TEST_P(Order, TablesThatWereForgottenSinceTheFirstRunAreThereForTheRecord) {
  const Matrix qkv(30, 48, 1, 0.5f);
  const View in = put(qkv), out = empty(activation(), 30, 16), one = put(Matrix(1, 1, 2)),
             many = empty(Element::f32, 2200000, 1);
  int bodies = 0;
  const auto attend = [&] {
    ops->repeat("attend", [&] {
      ++bodies;
      ops->attention(out, in.columns(0, 16), in.columns(16, 16), in.columns(32, 16), packed({10, 20}), 1, {},
                     Mask::none);
    });
    return get(out).values;
  };
  const std::vector<float> expected = attend();
  for (const Index rows : {2200000, 2100000})  // more tables than a device keeps
    ops->rotary()->gather(many.row_range(0, rows), one, std::vector<Index>(rows));
  for (int round = 0; round < 3; ++round) {
    const std::vector<float> nothing(30 * 16);
    ops->upload(out, nothing.data());
    EXPECT_EQ(attend(), expected) << "round " << round;
  }
  if (GetParam().kind == DeviceKind::cuda) {
    EXPECT_EQ(bodies, 2) << "the first run and the record";
  }
}

TEST_P(Order, WhatCannotBeRecordedRunsPlainly) {
  const Matrix source(10, 4, 1);
  const View in = put(source), out = empty(Element::f32, 10, 4);
  for (int round = 0; round < 4; ++round) {
    ops->repeat("allocates", [&] {  // against the contract, but not fatal
      memory.push_back(ops->allocate(1000));
      ops->scale_copy(out, in, 2.0f);
    });
    for (std::size_t i = 0; i < source.values.size(); ++i) ASSERT_EQ(get(out).values[i], 2.0f * source.values[i]);
  }
}

INSTANTIATE_FOR_ALL_DEVICES(Order);

TEST(Devices, WithoutADriverThereAreNoCudaDevicesAndAskingForOneSaysWhy) {
  if (device_count(DeviceKind::cuda) > 0) GTEST_SKIP() << "there is a CUDA device here";
  try {
    make_ops({.kind = DeviceKind::cuda});
    FAIL() << "ops of a device that is not there";
  } catch (const DeviceLost& lost) {
    EXPECT_TRUE(std::string(lost.what()).find("CUDA device") != std::string::npos) << lost.what();
  }
  EXPECT_THROW(device_signature({.kind = DeviceKind::cuda}), DeviceLost);
  EXPECT_THROW(device_identity({.kind = DeviceKind::cuda}), DeviceLost);
  EXPECT_NE(make_packing({.kind = DeviceKind::cuda}), nullptr) << "packing needs no device";
}

TEST(Devices, ADeviceBeyondThoseThatTheProcessSeesIsRefused) {
  EXPECT_THROW(make_ops({.kind = DeviceKind::cuda, .index = 99}), DeviceLost);
}

}  // namespace
}  // namespace lorasweep
