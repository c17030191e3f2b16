// SPDX-License-Identifier: Apache-2.0
#include "data/tasks/text_digest.h"

#include "data/core/digest.h"

#include <cstdint>

namespace lorasweep {

std::string digest_of_texts(const std::vector<const std::vector<TextExample>*>& lists) {
  Sha256 digest;
  for (const auto* list : lists) {
    digest.add(static_cast<std::uint64_t>(list->size()));
    for (const TextExample& example : *list) {
      digest.add(example.input);
      digest.add(example.target);
    }
  }
  return digest.hex();
}

std::string digest_of_texts(const Task& task) {
  std::vector<const std::vector<TextExample>*> lists = {&task.shots, &task.test, &task.few_shot};
  for (const auto& shots : task.further_shots) lists.push_back(&shots);
  return digest_of_texts(lists);
}

}  // namespace lorasweep
