// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cost/effort.h"

namespace lorasweep {
namespace {

// Narrow products (attention's, adapters') and reading from memory reach less than a large product.
constexpr double a_multiply_add = 1.0 / 40e9, of_attention = 2 * a_multiply_add, of_bypass = 2 * a_multiply_add;
constexpr double a_float = 4.0 / 10e9, a_call = 2e-6;

}  // namespace

Effort& Effort::operator+=(const Effort& other) {
  maps += other.maps;
  attention += other.attention;
  bypass += other.bypass;
  composed += other.composed;
  calls += other.calls;
  return *this;
}

Effort operator*(double factor, Effort effort) {
  return {.maps = factor * effort.maps,
          .attention = factor * effort.attention,
          .bypass = factor * effort.bypass,
          .composed = factor * effort.composed,
          .calls = factor * effort.calls};
}

double standard_seconds(const Effort& effort) {
  return effort.maps * a_multiply_add + effort.attention * of_attention + effort.bypass * of_bypass +
         effort.composed * a_float + effort.calls * a_call;
}

}  // namespace lorasweep
