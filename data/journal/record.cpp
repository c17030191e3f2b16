// SPDX-License-Identifier: Apache-2.0
// Records to payload bytes and back: each record's fields are listed once, for both ways.
#include "data/journal/record.h"

#include "data/core/error.h"
#include "data/journal/little_endian.h"

#include <fmt/format.h>

#include <bit>
#include <cstddef>
#include <limits>
#include <utility>

namespace lorasweep {
namespace {

class Encoder {
 public:
  void field(std::uint32_t value) { append_little_endian(bytes_, value); }
  void field(std::int32_t value) { field(static_cast<std::uint32_t>(value)); }
  void field(double value) { append_little_endian(bytes_, std::bit_cast<std::uint64_t>(value)); }
  void field(Subject value) { append_little_endian(bytes_, static_cast<std::uint8_t>(value)); }
  void field(Trial value) { append_little_endian(bytes_, static_cast<std::uint8_t>(value)); }
  void field(const std::string& value) {
    count(value.size());
    bytes_ += value;
  }
  template <typename T>
  void field(const std::vector<T>& values) {
    count(values.size());
    for (const T value : values) field(value);
  }

  std::string take() { return std::move(bytes_); }

 private:
  void count(std::size_t size) {
    if (size > std::numeric_limits<std::uint32_t>::max()) throw InternalError("a journal record is too long");
    field(static_cast<std::uint32_t>(size));
  }
  std::string bytes_;
};

class Decoder {
 public:
  Decoder(const std::string& bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  void field(std::uint32_t& value) { value = number<std::uint32_t>(); }
  void field(std::int32_t& value) { value = static_cast<std::int32_t>(number<std::uint32_t>()); }
  void field(double& value) { value = std::bit_cast<double>(number<std::uint64_t>()); }
  void field(Subject& value) { value = kind(last_subject, "a subject"); }
  void field(Trial& value) { value = kind(last_trial, "a trial"); }
  void field(std::string& value) {
    const std::size_t size = count(1);
    value = bytes_.substr(at_, size);
    at_ += size;
  }
  template <typename T>
  void field(std::vector<T>& values) {
    values.resize(count(sizeof(T)));
    for (T& value : values) field(value);
  }

  void require_end() const {
    if (at_ != bytes_.size()) refuse(fmt::format("{} bytes after the record's last field", bytes_.size() - at_));
  }

 private:
  template <typename T>
  T number() {
    if (bytes_.size() - at_ < sizeof(T)) refuse("the record ends within a field");
    const T value = load_little_endian<T>(bytes_.data() + at_);
    at_ += sizeof(T);
    return value;
  }
  template <typename Enum>
  Enum kind(Enum last, const char* what) {
    const auto code = number<std::uint8_t>();
    if (code > static_cast<std::uint8_t>(last)) refuse(fmt::format("{} of kind {}, which does not exist", what, code));
    return static_cast<Enum>(code);
  }
  // A claimed count is believed only as far as there are bytes for it.
  std::size_t count(std::size_t element_bytes) {
    const std::size_t claimed = number<std::uint32_t>();
    if (claimed > (bytes_.size() - at_) / element_bytes)
      refuse(fmt::format("a field claims {} elements, more than the record has bytes for", claimed));
    return claimed;
  }
  [[noreturn]] void refuse(const std::string& problem) const {
    throw InputError(where_, problem, "the journal was written by another program or version");
  }

  const std::string& bytes_;
  const std::string& where_;
  std::size_t at_ = 0;
};

void code(auto& coder, ManifestRecord& r) { coder.field(r.json); }
void code(auto& coder, SessionRecord& r) { coder.field(r.json); }
void code(auto& coder, EvaluationRecord& r) {
  coder.field(r.search);
  coder.field(r.step);
  coder.field(r.weights);
  coder.field(r.nll);
  coder.field(r.loss);
  coder.field(r.regularizer);
  coder.field(r.key);
  coder.field(r.attempt);
  coder.field(r.worker);
  coder.field(r.finished_utc);
  coder.field(r.seconds);
}
void code(auto& coder, PredictionRecord& r) {
  coder.field(r.of);
  coder.field(r.index);
  coder.field(r.example);
  coder.field(r.tokens);
  coder.field(r.text);
  coder.field(r.attempt);
  coder.field(r.worker);
  coder.field(r.finished_utc);
  coder.field(r.seconds);
}
void code(auto& coder, FailureRecord& r) {
  coder.field(r.of);
  coder.field(r.index);
  coder.field(r.reason);
}
void code(auto&, CompleteRecord&) {}
void code(auto& coder, TrialRecord& r) {
  coder.field(r.kind);
  coder.field(r.index);
  coder.field(r.position);
  coder.field(r.nll);
  coder.field(r.loss);
  coder.field(r.key);
  coder.field(r.failure);
  coder.field(r.attempt);
  coder.field(r.worker);
  coder.field(r.finished_utc);
  coder.field(r.seconds);
}

// The empty record of the type with this number in the variant.
template <std::size_t... I>
Record make_record(std::size_t number, std::index_sequence<I...>) {
  Record record;
  ((number == I ? static_cast<void>(record.emplace<I>()) : static_cast<void>(0)), ...);
  return record;
}

}  // namespace

std::string encode_payload(const Record& record) {
  Encoder encoder;
  std::visit([&](auto copy) { code(encoder, copy); }, record);  // a copy: `code` serves both ways
  return encoder.take();
}

std::uint8_t type_of(const Record& record) { return static_cast<std::uint8_t>(1 + record.index()); }

Record decode_payload(std::uint8_t type, const std::string& payload, const std::string& where) {
  constexpr std::size_t types = std::variant_size_v<Record>;
  if (type < 1 || type > types)
    throw InputError(where, fmt::format("a record of type {}, which is unknown", type),
                     "read the journal with the version of lorasweep that wrote it");
  Record record = make_record(type - 1u, std::make_index_sequence<types>());
  Decoder decoder(payload, where);
  std::visit([&](auto& empty) { code(decoder, empty); }, record);
  decoder.require_end();
  return record;
}

}  // namespace lorasweep
