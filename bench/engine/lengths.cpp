// SPDX-License-Identifier: Apache-2.0
#include "bench/engine/lengths.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace lorasweep::bench {
namespace {

constexpr std::array<TaskLengths, 27> tasks = {{
    {"boolean_expressions", {10, 11, 12, 13, 13}, {3, 3, 3, 3, 3}, 250},
    {"causal_judgement", {167, 221, 256, 302, 563}, {3, 3, 3, 3, 3}, 187},
    {"date_understanding", {50, 56, 61, 66, 71}, {3, 3, 3, 3, 3}, 250},
    {"disambiguation_qa", {80, 85, 89, 92, 96}, {3, 3, 3, 3, 3}, 250},
    {"dyck_languages", {31, 34, 37, 45, 66}, {3, 3, 3, 3, 3}, 250},
    {"formal_fallacies", {114, 136, 156, 176, 198}, {3, 3, 3, 4, 4}, 250},
    {"geometric_shapes", {65, 72, 77, 82, 90}, {3, 3, 3, 3, 3}, 250},
    {"hyperbaton", {34, 39, 43, 46, 52}, {3, 3, 3, 3, 3}, 250},
    {"logical_deduction_five_objects", {129, 163, 175, 182, 195}, {3, 3, 3, 3, 3}, 250},
    {"logical_deduction_seven_objects", {159, 212, 227, 236, 257}, {3, 3, 3, 3, 3}, 250},
    {"logical_deduction_three_objects", {100, 117, 122, 127, 133}, {3, 3, 3, 3, 3}, 250},
    {"movie_recommendation", {48, 52, 55, 60, 68}, {3, 3, 3, 3, 3}, 250},
    {"multistep_arithmetic_two", {13, 13, 14, 14, 14}, {3, 3, 3, 3, 3}, 250},
    {"navigate", {43, 48, 53, 58, 71}, {3, 3, 3, 3, 3}, 250},
    {"object_counting", {21, 28, 34, 40, 47}, {3, 3, 3, 3, 3}, 250},
    {"penguins_in_a_table", {111, 118, 128, 149, 172}, {3, 3, 3, 3, 3}, 146},
    {"reasoning_about_colored_objects", {53, 93, 108, 119, 129}, {3, 3, 3, 3, 3}, 250},
    {"ruin_names", {43, 47, 51, 55, 63}, {3, 3, 3, 3, 3}, 250},
    {"salient_translation_error_detection", {283, 296, 307, 327, 357}, {3, 3, 3, 3, 3}, 250},
    {"snarks", {39, 48, 58, 68, 84}, {3, 3, 3, 3, 3}, 178},
    {"sports_understanding", {21, 23, 24, 25, 31}, {3, 3, 3, 3, 3}, 250},
    {"temporal_sequences", {138, 145, 158, 170, 180}, {3, 3, 3, 3, 3}, 250},
    {"tracking_shuffled_objects_five_objects", {165, 177, 188, 195, 198}, {3, 3, 3, 3, 3}, 250},
    {"tracking_shuffled_objects_seven_objects", {213, 228, 236, 247, 256}, {3, 3, 3, 3, 3}, 250},
    {"tracking_shuffled_objects_three_objects", {123, 132, 143, 146, 149}, {3, 3, 3, 3, 3}, 250},
    {"web_of_lies", {48, 51, 53, 55, 59}, {3, 3, 3, 3, 3}, 250},
    {"word_sorting", {23, 34, 42, 53, 60}, {9, 21, 29, 40, 47}, 250},
}};

int rows(const TaskLengths& task) { return std::reduce(task.source.begin(), task.source.end()); }

}  // namespace

std::span<const TaskLengths> bbh_lengths() { return tasks; }

std::vector<int> spread_tasks(int members) {
  std::vector<int> by_length(tasks.size());
  std::iota(by_length.begin(), by_length.end(), 0);
  std::ranges::stable_sort(by_length, {}, [](int task) { return rows(tasks[static_cast<std::size_t>(task)]); });
  std::vector<int> chosen;
  for (int m = 0; m < members; ++m)
    chosen.push_back(by_length[static_cast<std::size_t>((2 * m + 1) * static_cast<int>(tasks.size()) / (2 * members))]);
  return chosen;
}

}  // namespace lorasweep::bench
