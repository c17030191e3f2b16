// SPDX-License-Identifier: Apache-2.0
// One closed list of kinds; both forms of config.json are read into one value.
#include "data/model/rope_parameters.h"

#include "data/core/error.h"
#include "data/core/json.h"
#include "data/core/known_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>
#include <string_view>

namespace lorasweep {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* published = "use the config.json that was published with the model";
constexpr double least_theta = 1, most_theta = 1e12, most_factor = 1e6;
constexpr int most_positions = 1 << 24;

struct KnownKind {
  std::string_view name;
  RopeKind kind;
};
constexpr auto kinds = std::to_array<KnownKind>({
    {"default", RopeKind::plain},
    {"dynamic", RopeKind::plain},
    {"linear", RopeKind::linear},
    {"llama3", RopeKind::llama3},
});

constexpr auto keys = std::to_array<KnownKey>({
    {"rope_type", KeyUse::used},
    {"type", KeyUse::used},
    {"rope_theta", KeyUse::used},
    {"factor", KeyUse::used},
    {"low_freq_factor", KeyUse::used},
    {"high_freq_factor", KeyUse::used},
    {"original_max_position_embeddings", KeyUse::used},
    {"partial_rotary_factor", KeyUse::usual, "[1, 1.0]"},
    {"attention_factor", KeyUse::usual, "[1, 1.0]"},
});

// One of the objects, or the top level of the file; problems name its keys with its own in front.
class Reader {
 public:
  Reader(const Json& object, std::string file, std::string inside)
      : object_(object), file_(std::move(file)), inside_(std::move(inside)) {}

  std::optional<double> number(const char* key, double low, double high) const {
    if (!has(key)) return std::nullopt;
    const Json& value = object_[key];
    if (!value.is_number() || !(value.get<double>() >= low) || !(value.get<double>() <= high))
      throw problem(key, fmt::format("is {}, not a number from {} to {}", shown(value), low, high));
    return value.get<double>();
  }
  double required(const char* key, double low, double high) const {
    if (const auto value = number(key, low, high)) return *value;
    throw problem(key, "is missing");
  }
  bool has(const char* key) const { return object_.contains(key) && !object_[key].is_null(); }
  InputError problem(const std::string& key, const std::string& what) const {
    return {fmt::format("{}, key \"{}{}\"", file_, inside_, key), what, published};
  }
  RopeKind kind() const {
    const char* key = has("rope_type") ? "rope_type" : "type";
    if (!has(key)) return RopeKind::plain;
    const Json& name = object_[key];
    const auto known = std::ranges::find_if(kinds, [&](const KnownKind& one) { return name == one.name; });
    if (known != kinds.end()) return known->kind;
    throw problem(key, "is " + shown(name) + ": only default, linear, dynamic and llama3 positions are computed");
  }

 private:
  const Json& object_;
  std::string file_, inside_;
};

RopeParameters read_object(const Json& object, const std::string& file, const char* name, double theta) {
  const Reader reader(object, file, std::string(name) + ".");
  if (!object.is_object()) throw InputError(fmt::format("{}, key \"{}\"", file, name), "is not an object", published);
  RopeParameters rope{.kind = reader.kind(), .theta = theta};
  rope.theta = reader.number("rope_theta", least_theta, most_theta).value_or(theta);
  if (rope.kind != RopeKind::plain) rope.factor = reader.required("factor", 1, most_factor);
  if (rope.kind == RopeKind::llama3) {
    rope.low_frequency = reader.required("low_freq_factor", 1e-6, most_factor);
    rope.high_frequency = reader.required("high_freq_factor", 1e-6, most_factor);
    rope.original_positions = static_cast<int>(reader.required("original_max_position_embeddings", 1, most_positions));
    if (rope.high_frequency <= rope.low_frequency)
      throw reader.problem("high_freq_factor", fmt::format("is {}, not above low_freq_factor, which is {}",
                                                           rope.high_frequency, rope.low_frequency));
  }
  refuse_other_keys(object, keys, fmt::format("{}, {}", file, name), published);
  return rope;
}

const char* name_of(RopeKind kind) {
  // "dynamic" is recorded as what it is here.
  return std::ranges::find(kinds, kind, &KnownKind::kind)->name.data();
}

}  // namespace

RopeParameters read_rope_parameters(const Json& config, const std::string& file) {
  const Reader top(config, file, "");
  const std::optional<double> own_theta = top.number("rope_theta", least_theta, most_theta);
  const double theta = own_theta.value_or(RopeParameters{}.theta);
  std::optional<RopeParameters> old;
  if (top.has("rope_scaling"))
    old = read_object(config["rope_scaling"], file, "rope_scaling", theta);
  else if (own_theta)
    old = RopeParameters{.theta = theta};
  if (!top.has("rope_parameters")) return old.value_or(RopeParameters{});
  const RopeParameters now = read_object(config["rope_parameters"], file, "rope_parameters", theta);
  if (old && *old != now)
    throw top.problem("rope_parameters", "says something else than rope_theta and rope_scaling do");
  return now;
}

Json to_json(const RopeParameters& rope) {
  Json json = {{"rope_type", name_of(rope.kind)}, {"theta", rope.theta}};
  if (rope.kind != RopeKind::plain) json["factor"] = rope.factor;
  if (rope.kind == RopeKind::llama3) {
    json["low_frequency"] = rope.low_frequency;
    json["high_frequency"] = rope.high_frequency;
    json["original_positions"] = rope.original_positions;
  }
  return json;
}

RopeParameters rope_from_json(const Json& json) {
  const std::string name = json.at("rope_type");
  const auto known = std::ranges::find(kinds, name, &KnownKind::name);
  if (known == kinds.end())
    throw InputError("base.config.rope.rope_type", "is \"" + name + "\", which is not known here",
                     "use the version of lorasweep that wrote it");
  RopeParameters rope{.kind = known->kind, .theta = json.at("theta")};
  if (rope.kind != RopeKind::plain) rope.factor = json.at("factor");
  if (rope.kind == RopeKind::llama3) {
    rope.low_frequency = json.at("low_frequency");
    rope.high_frequency = json.at("high_frequency");
    rope.original_positions = json.at("original_positions");
  }
  return rope;
}

std::vector<float> rope_frequencies(const RopeParameters& rope, int width) {
  std::vector<float> frequencies;
  const auto theta = static_cast<float>(rope.theta), factor = static_cast<float>(rope.factor);
  for (int i = 0; i < width / 2; ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(width);
    frequencies.push_back(1.0f / std::pow(theta, exponent));
  }
  if (rope.kind == RopeKind::linear)
    for (float& frequency : frequencies) frequency /= factor;
  if (rope.kind != RopeKind::llama3) return frequencies;
  const auto low = static_cast<float>(rope.low_frequency), high = static_cast<float>(rope.high_frequency);
  const auto original = static_cast<float>(rope.original_positions);
  for (float& frequency : frequencies) {
    const float wave = static_cast<float>(2 * std::numbers::pi) / frequency;
    const float blend = (original / wave - low) / static_cast<float>(rope.high_frequency - rope.low_frequency);
    if (wave > original / low)
      frequency /= factor;
    else if (wave >= original / high)
      frequency = (1.0f - blend) * frequency / factor + blend * frequency;
  }
  return frequencies;
}

std::vector<float> rope_table(const RopeParameters& rope, int width, int positions, RopeTable which) {
  const std::vector<float> frequencies = rope_frequencies(rope, width);
  std::vector<float> table;
  table.reserve(frequencies.size() * positions);
  for (int position = 0; position < positions; ++position)
    for (const float frequency : frequencies) {
      const float angle = static_cast<float>(position) * frequency;
      table.push_back(which == RopeTable::cosine ? std::cos(angle) : std::sin(angle));
    }
  return table;
}

}  // namespace lorasweep
