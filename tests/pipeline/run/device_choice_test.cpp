// SPDX-License-Identifier: Apache-2.0
// One kind of device for all workers, or an error that names who is in the way.
#include "pipeline/run/device_choice.h"

#include "data/core/error.h"

#include <gmock/gmock.h>

#include <vector>

namespace lorasweep {
namespace {

using testing::AllOf;
using testing::HasSubstr;

DeviceOffer with_gpu(const std::string& where, const std::string& gpu = "cuda, H100") {
  return {.where = where,
          .cpu = "cpu, avx2",
          .cuda = gpu,
          .cuda_problem = {},
          .cuda_devices = 1,
          .cuda_identity = "the device of " + where};
}
DeviceOffer without_gpu(const std::string& where, const std::string& cpu = "cpu, avx2") {
  return {.where = where, .cpu = cpu, .cuda = {}, .cuda_problem = "no driver", .cuda_devices = 0, .cuda_identity = {}};
}

std::string refusal(DeviceRequest request, const std::vector<DeviceOffer>& offers) {
  try {
    choose_device(request, offers);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ChooseDevice, TakesGpusWhereEveryWorkerHasOne) {
  const ChosenDevice chosen = choose_device(DeviceRequest::automatic, std::vector{with_gpu("a"), with_gpu("b")});
  EXPECT_EQ(chosen.kind, DeviceKind::cuda);
  EXPECT_EQ(chosen.signature, "cuda, H100");
}

TEST(ChooseDevice, TakesCoresWhereOneWorkerHasNoGpuOrTheUserSaysSo) {
  for (const auto& [request, offers] :
       {std::pair{DeviceRequest::automatic, std::vector{with_gpu("a"), without_gpu("b")}},
        std::pair{DeviceRequest::cpu, std::vector{with_gpu("a"), with_gpu("b")}}}) {
    const ChosenDevice chosen = choose_device(request, offers);
    EXPECT_EQ(chosen.kind, DeviceKind::cpu);
    EXPECT_EQ(chosen.signature, "cpu, avx2");
  }
}

TEST(ChooseDevice, SaysWhyGpusThatAreThereAreNotUsed) {
  DeviceOffer full = without_gpu("rank 2 on n2");
  full.cuda_devices = 1;
  full.cuda_problem = "out of memory";
  EXPECT_THAT(choose_device(DeviceRequest::automatic, std::vector{with_gpu("rank 1 on n1"), full}).warning,
              AllOf(HasSubstr("rank 2 on n2"), HasSubstr("out of memory")));
  EXPECT_THAT(choose_device(DeviceRequest::automatic, std::vector{full}).warning, HasSubstr("out of memory"));
  EXPECT_EQ(choose_device(DeviceRequest::cpu, std::vector{full}).warning, "") << "nobody asked for them";
  EXPECT_EQ(choose_device(DeviceRequest::automatic, std::vector{without_gpu("a")}).warning, "") << "there are none";
}

TEST(ChooseDevice, CountsTheWorkersOfADevice) {
  DeviceOffer third = with_gpu("c");
  third.cuda_identity = with_gpu("a").cuda_identity;
  const auto sharers = [](DeviceRequest request, std::vector<DeviceOffer> offers) {
    return choose_device(request, offers).sharers;
  };
  EXPECT_EQ(sharers(DeviceRequest::cuda, {with_gpu("a"), with_gpu("b")}), 1);
  EXPECT_EQ(sharers(DeviceRequest::cuda, {with_gpu("a"), with_gpu("b"), third}), 2);
  EXPECT_EQ(sharers(DeviceRequest::cpu, {with_gpu("a"), with_gpu("b"), third}), 1);
}

TEST(ChooseDevice, NamesTheWorkerWithoutAGpuWhereGpusAreRequired) {
  EXPECT_THAT(refusal(DeviceRequest::cuda, {with_gpu("rank 1 on n1"), without_gpu("rank 2 on n2")}),
              AllOf(HasSubstr("rank 2 on n2"), HasSubstr("no driver")));
}

TEST(ChooseDevice, RefusesWorkersWhoseBitsWouldDiffer) {
  EXPECT_THAT(refusal(DeviceRequest::automatic, {with_gpu("a"), with_gpu("b", "cuda, A100")}),
              AllOf(HasSubstr("H100"), HasSubstr("A100"), HasSubstr("one kind")));
  EXPECT_THAT(refusal(DeviceRequest::cpu, {without_gpu("a"), without_gpu("b", "cpu, avx512")}), HasSubstr("avx512"));
}

TEST(DeviceOffers, OfThisProcessAgreeWithItsDevices) {
  const DeviceOffer offer = device_offer("here", 0);
  EXPECT_EQ(offer.cpu, device_signature());
  EXPECT_EQ(offer.cuda.empty(), device_count(DeviceKind::cuda) == 0);
  EXPECT_EQ(offer.cuda_problem.empty(), !offer.cuda.empty());
}

}  // namespace
}  // namespace lorasweep
