// SPDX-License-Identifier: Apache-2.0
// The fields of each message of the start, listed once for both directions.
#include "pipeline/run/start/setup_codec.h"

#include "pipeline/manifest/manifest.h"
#include "scheduler/codec.h"
#include "scheduler/work_fields.h"

#include <exception>
#include <utility>

namespace lorasweep {
namespace {

// A setup as it is sent: the model's configuration as the manifest writes it, so that its keys are listed once.
struct SentSetup {
  std::string base;
  WorkerSetup rest;
};

}  // namespace
}  // namespace lorasweep

namespace boost::serialization {

template <typename A>
void serialize(A& archive, lorasweep::CoreTime& time, unsigned) {
  lorasweep::fields(archive, time.group, time.cores);
}
template <typename A>
void serialize(A& archive, lorasweep::DeviceOffer& offer, unsigned) {
  lorasweep::fields(archive, offer.where, offer.cpu, offer.cuda, offer.cuda_problem, offer.cuda_devices,
                    offer.cuda_identity, offer.host, offer.cores, offer.times);
}
template <typename A>
void serialize(A& archive, lorasweep::CheckQuestion& question, unsigned) {
  lorasweep::serialize_enum(archive, question.kind, lorasweep::DeviceKind::cuda);
  lorasweep::serialize_enum(archive, question.activation, lorasweep::Element::bf16);
  lorasweep::serialize_enum(archive, question.composition, lorasweep::Composition::exact);
}
template <typename A>
void serialize(A& archive, lorasweep::CheckValues& values, unsigned) {
  lorasweep::fields(archive, values.where, values.layout, values.computed, values.rotary, values.problem);
}
template <typename A>
void serialize(A& archive, lorasweep::AdapterShape::Site& site, unsigned) {
  lorasweep::fields(archive, site.site, site.rank, site.scaling);
}
template <typename A>
void serialize(A& archive, lorasweep::AdapterShape& adapter, unsigned) {
  lorasweep::fields(archive, adapter.sites);
}
template <typename A>
void serialize(A& archive, lorasweep::ScopePlaces& places, unsigned) {
  lorasweep::fields(archive, places.names, places.of_site);
}
template <typename A>
void serialize(A& archive, lorasweep::ChosenDevice& device, unsigned) {  // warning and check are rank 0's
  lorasweep::serialize_enum(archive, device.kind, lorasweep::DeviceKind::cuda);
  lorasweep::fields(archive, device.signature, device.sharers);
}
template <typename A>
void serialize(A& archive, lorasweep::SentSetup& setup, unsigned) {
  lorasweep::WorkerSetup& rest = setup.rest;
  lorasweep::serialize_enum(archive, rest.activation, lorasweep::Element::bf16);
  lorasweep::serialize_enum(archive, rest.composition, lorasweep::Composition::exact);
  lorasweep::fields(archive, setup.base, rest.threads, rest.adapters, rest.most_adapters, rest.places, rest.catalogue,
                    rest.max_new_tokens, rest.ends, rest.device, rest.broadcast);
}

}  // namespace boost::serialization

namespace lorasweep {

std::string encode(const DeviceOffer& offer) { return to_sealed_bytes(EnvelopeKind::device_offer, offer); }

DeviceOffer decode_device_offer(std::string_view bytes) {
  return from_sealed_bytes<DeviceOffer>(EnvelopeKind::device_offer, bytes);
}

std::string encode(const CheckQuestion& question) { return to_sealed_bytes(EnvelopeKind::check_question, question); }

CheckQuestion decode_check_question(std::string_view bytes) {
  return from_sealed_bytes<CheckQuestion>(EnvelopeKind::check_question, bytes);
}

std::string encode(const CheckValues& values) { return to_sealed_bytes(EnvelopeKind::check_values, values); }

CheckValues decode_check_values(std::string_view bytes) {
  return from_sealed_bytes<CheckValues>(EnvelopeKind::check_values, bytes);
}

std::string encode(const WorkerSetup& setup) {
  return to_sealed_bytes(EnvelopeKind::worker_setup, SentSetup{to_json(setup.base).dump(), setup});
}

WorkerSetup decode_worker_setup(std::string_view bytes) {
  auto setup = from_sealed_bytes<SentSetup>(EnvelopeKind::worker_setup, bytes);
  try {
    setup.rest.base = model_config_from_json(nlohmann::ordered_json::parse(setup.base));
  } catch (const std::exception& error) {
    throw InternalError(std::string("the model's configuration that rank 0 sent cannot be read: ") + error.what());
  }
  return std::move(setup.rest);
}

}  // namespace lorasweep
