// SPDX-License-Identifier: Apache-2.0
#include "bench/engine/options.h"

#include <cstddef>
#include <stdexcept>

namespace lorasweep::bench {
namespace {

constexpr const char* usage = R"(usage: engine_bench [option value]...
  --device cpu|cuda          default: cuda where there is one
  --size small,base,large,xl default: large on cuda, small on cpu
  --element f32|bf16         default: bf16 on cuda, f32 on cpu
  --members 1,4,16,27,64     candidates in one evaluation
  --predictions 256          examples decoded together
  --threads 1                cpu: cores
  --repetitions 5            interleaved; medians are printed
  --compositions             only: exact beside lorahub
  --screen                   only: a screen of 196 adapters x 2 tasks beside a search
  --sweep                    also replay a whole BBH sweep against its floor
  --fraction 1               part of the sweep, or of the screen, that is done)";

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts = {""};
  for (const char c : list) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

double number(const std::string& name, const std::string& text, double low) {
  std::size_t read = 0;
  double value = 0;
  try {
    value = std::stod(text, &read);
  } catch (const std::logic_error&) {
    read = 0;
  }
  if (read == 0 || read != text.size() || value < low)
    throw std::invalid_argument(name + " " + text + " is no number of use here\n" + usage);
  return value;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options options;
  bool sized = false, typed = false;
  options.device.kind = device_count(DeviceKind::cuda) > 0 ? DeviceKind::cuda : DeviceKind::cpu;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    bool* const flag = name == "--sweep"          ? &options.sweep
                       : name == "--compositions" ? &options.compositions
                       : name == "--screen"       ? &options.screen
                                                  : nullptr;
    if (flag != nullptr) {
      *flag = true;
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument(name + " needs a value\n" + usage);
    const std::string value = argv[++i];
    if (name == "--device" && (value == "cpu" || value == "cuda")) {
      options.device.kind = value == "cpu" ? DeviceKind::cpu : DeviceKind::cuda;
    } else if (name == "--size") {
      options.sizes = split(value);
      sized = true;
    } else if (name == "--element" && (value == "f32" || value == "bf16")) {
      options.device.activation = value == "bf16" ? Element::bf16 : Element::f32;
      typed = true;
    } else if (name == "--members") {
      options.members.clear();
      for (const std::string& part : split(value)) options.members.push_back(static_cast<int>(number(name, part, 1)));
    } else if (name == "--predictions") {
      options.predictions = static_cast<int>(number(name, value, 1));
    } else if (name == "--threads") {
      options.device.threads = static_cast<int>(number(name, value, 1));
    } else if (name == "--repetitions") {
      options.repetitions = static_cast<int>(number(name, value, 1));
    } else if (name == "--fraction") {
      options.fraction = number(name, value, 0);
    } else {
      throw std::invalid_argument(name + " " + value + " is not known\n" + usage);
    }
  }
  const bool cuda = options.device.kind == DeviceKind::cuda;
  if (!sized) options.sizes = {cuda ? "large" : "small"};
  if (!typed) options.device.activation = cuda ? Element::bf16 : Element::f32;
  return options;
}

}  // namespace lorasweep::bench
