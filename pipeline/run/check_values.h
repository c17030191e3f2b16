// SPDX-License-Identifier: Apache-2.0
// What the ranks make of one small piece of work (workers/check): two devices of one name may compute
// differently, and this shows it. Compared among all ranks before anything is read, and recorded in the manifest.
#pragma once

#include "workers/device/make_ops.h"
#include "workers/lora/composition.h"

#include <span>
#include <string>

namespace lorasweep {

/// What all ranks are asked.
struct CheckQuestion {
  DeviceKind kind = DeviceKind::cpu;
  Element activation = Element::f32;
  Composition composition = Composition::lorahub;
  bool operator==(const CheckQuestion&) const = default;
};

/// What one rank makes of it.
struct CheckValues {
  std::string where;     ///< "rank 3 on n2"
  std::string layout;    ///< digest of packed maps: 16 hex digits; empty: it cannot even pack
  std::string computed;  ///< of results, likewise; empty: this rank does not compute, or cannot
  std::string rotary;    ///< of results of decoder-only networks, likewise; empty also where the device has no code
  std::string problem;   ///< why it cannot
  bool operator==(const CheckValues&) const = default;
};

/// `index` as in DeviceOptions. Never throws for what a device refuses: that becomes the values' `problem`.
CheckValues check_values(std::string where, const CheckQuestion& question, int index);
/// Of a rank that packs for others and has no device of their kind.
CheckValues check_values_of_packer(std::string where, const CheckQuestion& question);

/// `ranks`: rank 0 first. The value that all who compute agree in; empty if none does. ConfigError naming the
/// first rank whose layout is not rank 0's, or whose value is not that of the first one that computes, with both.
std::string agreed_value(std::span<const CheckValues> ranks);

}  // namespace lorasweep
