// SPDX-License-Identifier: Apache-2.0
// Boost.Serialization of plain values to and from sealed bytes. Not for other rooms.
#pragma once

#include "data/core/error.h"
#include "scheduler/envelope.h"

#include <boost/archive/archive_exception.hpp>
#include <boost/archive/binary_iarchive_impl.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/archive/impl/basic_binary_iarchive.ipp>
#include <boost/archive/impl/basic_binary_iprimitive.ipp>
#include <boost/serialization/collection_size_type.hpp>

#include <cstddef>
#include <streambuf>
#include <string>
#include <string_view>

namespace lorasweep {

/// Appends to a string.
class StringSink final : public std::streambuf {
 public:
  std::string bytes;

 protected:
  int_type overflow(int_type c) override {
    bytes += traits_type::to_char_type(c);
    return c;
  }
  std::streamsize xsputn(const char* data, std::streamsize count) override {
    bytes.append(data, static_cast<std::size_t>(count));
    return count;
  }
};

/// Reads from bytes that live elsewhere.
class BytesSource final : public std::streambuf {
 public:
  explicit BytesSource(std::string_view bytes) {
    char* begin = const_cast<char*>(bytes.data());
    setg(begin, begin, begin + bytes.size());
  }
  std::size_t left() const { return static_cast<std::size_t>(egptr() - gptr()); }
};

/// Boost's binary archive, but it believes no length beyond the bytes that are there: what a defect or a stranger wrote must not make a
/// process allocate what it claims.
class BoundedArchive final : public boost::archive::binary_iarchive_impl<BoundedArchive, char, std::char_traits<char>> {
  using Base = boost::archive::binary_iarchive_impl<BoundedArchive, char, std::char_traits<char>>;

 public:
  explicit BoundedArchive(BytesSource& source)
      : Base(static_cast<std::streambuf&>(source), boost::archive::no_header | boost::archive::no_codecvt), source_(source) {}

  // Called by Boost: what it reads from the stream itself, and what it hands to the types.
  using Base::load;
  void load(std::string& text) {
    std::size_t length = 0;
    Base::load(length);
    require(length);
    text.resize(length);
    if (length > 0) load_binary(text.data(), length);
  }
  template <typename T>
  void load_override(T& value) {
    Base::load_override(value);
  }
  void load_override(boost::serialization::collection_size_type& count) {
    Base::load_override(count);
    require(static_cast<const boost::serialization::collection_size_type&>(count));
  }

 private:
  void require(std::size_t bytes) const {
    if (bytes > source_.left()) throw boost::archive::archive_exception(boost::archive::archive_exception::input_stream_error);
  }
  BytesSource& source_;
};

}  // namespace lorasweep

// Vectors of numbers in one piece, as binary_oarchive writes them.
BOOST_SERIALIZATION_USE_ARRAY_OPTIMIZATION(lorasweep::BoundedArchive)

namespace lorasweep {

template <typename T>
std::string to_sealed_bytes(EnvelopeKind kind, const T& value) {
  StringSink sink;
  boost::archive::binary_oarchive archive(sink, boost::archive::no_header | boost::archive::no_codecvt);
  archive << value;
  return seal(kind, sink.bytes);
}

template <typename T>
T from_sealed_bytes(EnvelopeKind kind, std::string_view bytes) {
  BytesSource source(open_envelope(kind, bytes));
  try {
    BoundedArchive archive(source);
    T value;
    archive >> value;
    if (source.left() != 0) throw InternalError("a message between processes is longer than what it says");
    return value;
  } catch (const boost::archive::archive_exception& error) {
    throw InternalError(std::string("a message between processes cannot be read: ") + error.what());
  }
}

}  // namespace lorasweep
