// SPDX-License-Identifier: Apache-2.0
// Element types as configurations and manifests write them.
#pragma once

#include "workers/ops/view.h"

#include <stdexcept>

namespace lorasweep {

constexpr const char* name_of(Element element) {
  switch (element) {
    case Element::f32: return "f32";
    case Element::bf16: return "bf16";
    case Element::i32: return "i32";
    case Element::f64: return "f64";
  }
  throw std::logic_error("an element type without a name");
}

}  // namespace lorasweep
