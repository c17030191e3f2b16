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
using testing::Not;

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

// Rank 0 beside workers of one kind of CPU.
const DeviceOffer like_the_workers = without_gpu("rank 0 on n0");

ChosenDevice choice(DeviceRequest request, const std::vector<DeviceOffer>& offers) {
  return choose_device(request, offers, like_the_workers);
}

std::string refusal(DeviceRequest request, const std::vector<DeviceOffer>& offers,
                    const DeviceOffer& packer = like_the_workers) {
  try {
    choose_device(request, offers, packer);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ChooseDevice, TakesGpusWhereEveryWorkerHasOne) {
  const ChosenDevice chosen = choice(DeviceRequest::automatic, {with_gpu("a"), with_gpu("b")});
  EXPECT_EQ(chosen.kind, DeviceKind::cuda);
  EXPECT_EQ(chosen.signature, "cuda, H100");
}

TEST(ChooseDevice, TakesCoresWhereOneWorkerHasNoGpuOrTheUserSaysSo) {
  for (const auto& [request, offers] :
       {std::pair{DeviceRequest::automatic, std::vector{with_gpu("a"), without_gpu("b")}},
        std::pair{DeviceRequest::cpu, std::vector{with_gpu("a"), with_gpu("b")}}}) {
    const ChosenDevice chosen = choice(request, offers);
    EXPECT_EQ(chosen.kind, DeviceKind::cpu);
    EXPECT_EQ(chosen.signature, "cpu, avx2");
  }
}

TEST(ChooseDevice, SaysWhyGpusThatAreThereAreNotUsed) {
  DeviceOffer full = without_gpu("rank 2 on n2");
  full.cuda_devices = 1;
  full.cuda_problem = "out of memory";
  EXPECT_THAT(choice(DeviceRequest::automatic, {with_gpu("rank 1 on n1"), full}).warning,
              AllOf(HasSubstr("rank 2 on n2"), HasSubstr("out of memory")));
  EXPECT_THAT(choice(DeviceRequest::automatic, {full}).warning, HasSubstr("out of memory"));
  EXPECT_EQ(choice(DeviceRequest::cpu, {full}).warning, "") << "nobody asked for them";
  EXPECT_EQ(choice(DeviceRequest::automatic, {without_gpu("a")}).warning, "") << "there are none";
}

TEST(ChooseDevice, CountsTheWorkersOfADevice) {
  DeviceOffer third = with_gpu("c");
  third.cuda_identity = with_gpu("a").cuda_identity;
  const auto sharers = [](DeviceRequest request, std::vector<DeviceOffer> offers) {
    return choice(request, offers).sharers;
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

TEST(ChooseDevice, RefusesARank0ThatPacksForAnotherCpuThanTheWorkersHave) {
  const std::vector workers = {without_gpu("rank 1 on n1"), without_gpu("rank 2 on n1")};
  EXPECT_EQ(refusal(DeviceRequest::cpu, workers), "accepted");
  EXPECT_THAT(refusal(DeviceRequest::cpu, workers, without_gpu("rank 0 on n0", "cpu, avx512")),
              AllOf(HasSubstr("rank 1 on n1"), HasSubstr("cpu, avx2"), HasSubstr("rank 0 on n0"),
                    HasSubstr("cpu, avx512"), HasSubstr("1 more")));
}

TEST(ChooseDevice, NamesTheWorkerThatIsNotAsRank0Is) {
  EXPECT_THAT(refusal(DeviceRequest::cpu, {without_gpu("rank 1 on n1"), without_gpu("rank 2 on n2", "cpu, avx512")}),
              AllOf(HasSubstr("rank 2 on n2"), HasSubstr("rank 0 on n0"), Not(HasSubstr("rank 1 on n1"))));
}

TEST(ChooseDevice, LetsRank0HaveAnyCpuWhereGpusCompute) {
  EXPECT_EQ(refusal(DeviceRequest::automatic, {with_gpu("a"), with_gpu("b")}, without_gpu("rank 0", "cpu, avx512")),
            "accepted");
}

TEST(DeviceOffers, OfThisProcessAgreeWithItsDevices) {
  const DeviceOffer offer = device_offer("here", 0);
  EXPECT_EQ(offer.cpu, device_signature());
  EXPECT_EQ(offer.cuda.empty(), device_count(DeviceKind::cuda) == 0);
  EXPECT_EQ(offer.cuda_problem.empty(), !offer.cuda.empty());
}

}  // namespace
}  // namespace lorasweep
