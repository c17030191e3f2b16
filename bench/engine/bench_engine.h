// SPDX-License-Identifier: Apache-2.0
// An engine over a random model, with a catalogue of BBH-like tasks and of the reference's fixed shape.
#pragma once

#include "bench/engine/random_model.h"
#include "workers/device/make_ops.h"
#include "workers/engine/language_engine.h"

#include <memory>
#include <vector>

namespace lorasweep::bench {

inline constexpr int shots = 5, fixed_source = 128, fixed_target = 8, seeds = 5;

/// Which members an evaluation has: BBH tasks spread over the lengths, or all of 128 source and 8 target tokens.
enum class Lengths { bbh, fixed };

/// Example set t < 27: task t with five shots at the quantiles of its lengths; set 27: five of 128/8. Examples 5 t + q:
/// quantile q of task t.
Catalogue bench_catalogue(const RandomModel& model);

/// What the seeds of a sweep draw: each a rotation of the same 20 adapters, so that composition reads as much for every
/// one.
std::vector<std::int32_t> bench_adapters(int seed);

/// Members of an evaluation, of one seed. `round` varies the weights.
std::vector<Member> bench_members(Lengths lengths, int members, int seed, int round);
std::vector<double> bench_weights(int round);

/// A prediction of so many examples, spread over the tasks, with the composed model.
PredictWork bench_prediction(int examples, std::int32_t tokens);

/// Source tokens and arithmetic of these members, and the arithmetic of a prediction.
struct Amount {
  double source_tokens = 0, flop = 0;
};
Amount amount_of(const RandomModel& model, const Catalogue& catalogue, const std::vector<Member>& members);
Amount amount_of(const RandomModel& model, const Catalogue& catalogue, const std::vector<std::int32_t>& examples,
                 double answer_tokens);

/// What engines over the model share. `packing` is the device's.
std::shared_ptr<const EnginePlan> bench_plan(const RandomModel& model, const Catalogue& catalogue, Element activation,
                                             const Packing& packing, Composition composition = Composition::lorahub);

/// What fits on a device that does not hold the images yet.
WorkerCapacity bench_capacity(const EnginePlan& plan, const Ops& ops);

std::unique_ptr<LanguageEngine> bench_engine(const RandomModel& model, std::shared_ptr<const EnginePlan> plan,
                                             std::unique_ptr<Ops> ops, WorkerCapacity capacity);

/// FLOP/s of one large product of activations, the machine's limit for this element; each call measures it once.
class LargeProduct {
 public:
  LargeProduct(const DeviceOptions& device);
  double seconds();
  double flop() const;

 private:
  std::unique_ptr<Ops> ops_;
  int extent_;
  std::shared_ptr<const std::byte> weights_;
  std::shared_ptr<std::byte> x_, y_;
};

}  // namespace lorasweep::bench
