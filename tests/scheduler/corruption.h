// SPDX-License-Identifier: Apache-2.0
// Damage done to bytes, and whether whoever reads them bears it: a value or an error, no crash, no absurd allocation.
#pragma once

#include "data/core/error.h"
#include "scheduler/envelope.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace lorasweep {

/// Every prefix, and every byte replaced by several others: `read` must throw InternalError.
template <typename Read>
void expect_damage_is_refused(const std::string& sealed, Read read) {
  for (std::size_t length = 0; length < sealed.size(); ++length)
    EXPECT_THROW(read(sealed.substr(0, length)), InternalError) << "cut at " << length;
  for (std::size_t at = 0; at < sealed.size(); ++at)
    for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
      std::string bytes = sealed;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      EXPECT_THROW(read(bytes), InternalError) << "byte " << at << " flipped by " << flip;
    }
}

/// The same damage below a right checksum, as a sender with a defect would send it: `read` may return or throw
/// InternalError, nothing else.
template <typename Read>
void expect_sealed_damage_is_borne(EnvelopeKind kind, const std::string& sealed, Read read) {
  const std::string content(open_envelope(kind, sealed));
  const auto try_it = [&](const std::string& damaged, std::size_t at) {
    try {
      read(seal(kind, damaged));
    } catch (const InternalError&) {
    } catch (const std::exception& error) {
      ADD_FAILURE() << "at byte " << at << ": " << error.what();
    }
  };
  for (std::size_t length = 0; length < content.size(); ++length) {
    EXPECT_THROW(read(seal(kind, content.substr(0, length))), InternalError) << "cut at " << length;
    for (const int flip : {0x01, 0x20, 0x80, 0xff}) {
      std::string bytes = content;
      bytes[length] = static_cast<char>(bytes[length] ^ flip);
      try_it(bytes, length);
    }
  }
  EXPECT_THROW(read(seal(kind, content + '\0')), InternalError) << "bytes that belong to nothing";
}

}  // namespace lorasweep
