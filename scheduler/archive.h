// SPDX-License-Identifier: Apache-2.0
// Archives in the sense of Boost.Serialization, for plain values to and from bytes. A type that travels has a list of
// its fields, a serialize() as in work_fields.h; codec.h makes whole envelopes of them.
//
// Boost's own binary archive makes a locale and a table of objects for every message, which costs more than all else
// that is done for a unit, and it allocates whatever length a message claims. These two do what Boost's documentation
// asks of an archive ("Archive Concepts").
#pragma once

#include "data/core/error.h"

#include <boost/mpl/bool.hpp>
#include <boost/serialization/serialization.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace lorasweep {

template <typename T>
concept Number = std::is_arithmetic_v<T> && !std::same_as<T, bool>;

/// Appends values to a string: numbers as they lie in memory, texts and vectors behind their length, one of several
/// types behind its number.
class BytesOut {
 public:
  using is_saving = boost::mpl::true_;
  using is_loading = boost::mpl::false_;

  explicit BytesOut(std::string& bytes) : bytes_(bytes) {}

  template <typename T>
  BytesOut& operator<<(const T& value) {
    save(value);
    return *this;
  }
  template <typename T>
  BytesOut& operator&(const T& value) {
    return *this << value;
  }

 private:
  void append(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  void save(const Number auto& value) { append(&value, sizeof value); }
  void save(const std::string& text) {
    save(std::uint64_t{text.size()});
    bytes_ += text;
  }
  template <typename T>
  void save(const std::vector<T>& values) {
    save(std::uint64_t{values.size()});
    if constexpr (Number<T>)
      append(values.data(), values.size() * sizeof(T));
    else
      for (const T& value : values) save(value);
  }
  template <typename... T>
  void save(const std::variant<T...>& one_of) {
    save(static_cast<std::uint8_t>(one_of.index()));
    std::visit([&](const auto& value) { save(value); }, one_of);
  }
  template <typename T>
  void save(const T& value) {
    // Boost's serialize() functions are for both directions
    boost::serialization::serialize_adl(*this, const_cast<T&>(value), 0);
  }
  std::string& bytes_;
};

/// Reads them back. InternalError where the bytes end early; a length is never believed beyond the bytes that are
/// there.
class BytesIn {
 public:
  using is_saving = boost::mpl::false_;
  using is_loading = boost::mpl::true_;

  explicit BytesIn(std::string_view bytes) : left_(bytes) {}
  std::size_t left() const { return left_.size(); }

  template <typename T>
  BytesIn& operator>>(T& value) {
    load(value);
    return *this;
  }
  template <typename T>
  BytesIn& operator&(T& value) {
    return *this >> value;
  }

 private:
  void take(void* to, std::size_t size) {
    if (size > left_.size()) throw InternalError("a message between processes ends too early");
    if (size > 0) std::memcpy(to, left_.data(), size);
    left_.remove_prefix(size);
  }
  /// A number of elements of which each takes at least `size` bytes.
  std::size_t length(std::size_t size) {
    std::uint64_t count = 0;
    take(&count, sizeof count);
    if (count > left_.size() / size) throw InternalError("a message between processes claims more than it holds");
    return count;
  }
  void load(Number auto& value) { take(&value, sizeof value); }
  void load(std::string& text) {
    text.resize(length(1));
    take(text.data(), text.size());
  }
  template <typename T>
  void load(std::vector<T>& values) {
    if constexpr (Number<T>) {
      values.resize(length(sizeof(T)));
      take(values.data(), values.size() * sizeof(T));
    } else {
      values.resize(length(sizeof(std::uint32_t)));  // every type that is sent holds a number or a length
      for (T& value : values) load(value);
    }
  }
  template <typename... T>
  void load(std::variant<T...>& one_of) {
    std::uint8_t number = 0;
    load(number);
    load_numbered(one_of, number, std::index_sequence_for<T...>());
  }
  template <typename Variant, std::size_t... I>
  void load_numbered(Variant& one_of, std::size_t number, std::index_sequence<I...>) {
    if (number >= sizeof...(I)) throw InternalError("a message between processes is of an unknown kind");
    ((number == I ? load(one_of.template emplace<I>()) : static_cast<void>(0)), ...);
  }
  template <typename T>
  void load(T& value) {
    boost::serialization::serialize_adl(*this, value, 0);
  }
  std::string_view left_;
};

/// All fields of a value, in the order in which they travel.
template <typename Archive, typename... Field>
void fields(Archive& archive, Field&... field) {
  (static_cast<void>(archive & (field)), ...);
}

/// An enumeration whose values are 0 to `last`; InternalError for others.
template <typename Archive, typename Enum>
void serialize_enum(Archive& archive, Enum& value, Enum last) {
  auto number = static_cast<std::uint8_t>(value);
  fields(archive, number);
  if (number > static_cast<std::uint8_t>(last))
    throw InternalError("a message between processes holds an unknown choice");
  value = static_cast<Enum>(number);
}

}  // namespace lorasweep
