// SPDX-License-Identifier: Apache-2.0
#include "scheduler/work_codec.h"

#include "scheduler/archive.h"

#include <boost/serialization/split_member.hpp>

namespace boost::serialization {

template <typename A>
void serialize(A& archive, lorasweep::Example& example, unsigned) {
  archive& example.source& example.target;
}
template <typename A>
void serialize(A& archive, lorasweep::Catalogue& catalogue, unsigned) {
  archive& catalogue.examples& catalogue.example_sets& catalogue.adapter_sets;
}
template <typename A>
void serialize(A& archive, lorasweep::Member& member, unsigned) {
  archive& member.adapter_set& member.example_set& member.weights;
}
template <typename A>
void serialize(A& archive, lorasweep::EvaluateWork& work, unsigned) {
  archive& work.members;
}
template <typename A>
void serialize(A& archive, lorasweep::PredictMember& member, unsigned) {
  archive& member.adapter_set& member.weights& member.examples;
}
template <typename A>
void serialize(A& archive, lorasweep::PredictWork& work, unsigned) {
  archive& work.members& work.max_new_tokens;
}
template <typename A>
void serialize(A& archive, lorasweep::EvaluateResult& result, unsigned) {
  archive& result.nll;
}
template <typename A>
void serialize(A& archive, lorasweep::PredictResult& result, unsigned) {
  archive& result.tokens;
}
template <typename A>
void serialize(A& archive, lorasweep::WorkFailure& failure, unsigned) {
  archive& failure.reason;
}

}  // namespace boost::serialization

namespace lorasweep {
namespace {

// Boost 1.74 knows no std::variant: which one, then the value.
template <typename... Alternatives>
struct Choice {
  std::variant<Alternatives...> value;

  template <typename A>
  void save(A& archive, unsigned) const {
    const auto index = static_cast<std::uint8_t>(value.index());
    archive << index;
    std::visit([&](const auto& alternative) { archive << alternative; }, value);
  }
  template <typename A>
  void load(A& archive, unsigned) {
    std::uint8_t index = 0;
    archive >> index;
    const bool known = load_as<A, 0, Alternatives...>(archive, index);
    if (!known) throw InternalError("a message between processes holds an unknown kind of work");
  }
  BOOST_SERIALIZATION_SPLIT_MEMBER()

 private:
  template <typename A, std::size_t I, typename First, typename... Rest>
  bool load_as(A& archive, std::size_t index) {
    if (index == I) {
      First alternative;
      archive >> alternative;
      value = std::move(alternative);
      return true;
    }
    if constexpr (sizeof...(Rest) > 0) return load_as<A, I + 1, Rest...>(archive, index);
    return false;
  }
};
using AnyWork = Choice<EvaluateWork, PredictWork>;
using AnyOutcome = Choice<EvaluateResult, PredictResult, WorkFailure>;

}  // namespace

std::string encode_work(const Work& work) { return to_sealed_bytes(EnvelopeKind::work, AnyWork{work}); }
Work decode_work(std::string_view bytes) { return from_sealed_bytes<AnyWork>(EnvelopeKind::work, bytes).value; }

std::string encode_outcome(const Outcome& outcome) {
  return to_sealed_bytes(EnvelopeKind::outcome, AnyOutcome{outcome});
}
Outcome decode_outcome(std::string_view bytes) {
  return from_sealed_bytes<AnyOutcome>(EnvelopeKind::outcome, bytes).value;
}

std::string encode_catalogue(const Catalogue& catalogue) { return to_sealed_bytes(EnvelopeKind::catalogue, catalogue); }
Catalogue decode_catalogue(std::string_view bytes) {
  return from_sealed_bytes<Catalogue>(EnvelopeKind::catalogue, bytes);
}

}  // namespace lorasweep
