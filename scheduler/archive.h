// SPDX-License-Identifier: Apache-2.0
// Boost.Serialization of plain values to and from sealed bytes. Not for other rooms.
#pragma once

#include "data/core/error.h"
#include "scheduler/envelope.h"

#include <boost/archive/archive_exception.hpp>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>

#include <exception>
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
};

template <typename T>
std::string to_sealed_bytes(EnvelopeKind kind, const T& value) {
  StringSink sink;
  boost::archive::binary_oarchive archive(sink, boost::archive::no_header);
  archive << value;
  return seal(kind, sink.bytes);
}

template <typename T>
T from_sealed_bytes(EnvelopeKind kind, std::string_view bytes) {
  BytesSource source(open_envelope(kind, bytes));
  try {
    boost::archive::binary_iarchive archive(source, boost::archive::no_header);
    T value;
    archive >> value;
    return value;
  } catch (const boost::archive::archive_exception& error) {
    throw InternalError(std::string("a message between processes cannot be read: ") + error.what());
  }
}

}  // namespace lorasweep
