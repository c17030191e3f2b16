// SPDX-License-Identifier: Apache-2.0
// A manifest of one task, two adapters and two searches.
#pragma once

#include "pipeline/manifest/manifest.h"

namespace lorasweep {

inline Manifest sample_manifest() {
  Manifest m{.version = "1",
             .run_uuid = "u",
             .created_utc = "t",
             .base_path = "/b",
             .base_sha256 = "aa",
             .tokenizer_sha256 = "bb"};
  m.base_config = T5Config{.d_model = 96,
                           .d_kv = 16,
                           .d_ff = 192,
                           .heads = 4,
                           .encoder_layers = 3,
                           .decoder_layers = 2,
                           .vocabulary = 1312,
                           .norm_epsilon = 1e-6};
  m.config.tasks.prompt = "{input}";
  m.config.search.seeds = {1, 2};
  m.config.search.l1 = 0.25;
  m.config.predict.baselines = {Subject::zero_shot};
  m.device = "cpu, avx2";
  m.check = "c";
  m.adapters = {{"x", "/a/x", "11", "bin", 8, 16, "base", "q,v", 14, 3},
                {"y", "/a/y", "22", "safetensors", 8, 16, "base", "q,v"}};
  m.adapter_sets = {{1, 0}};
  m.tasks = {{"t", "/t.json", "33", "44", {2, 3}, {"yes", "no \"quoted\" \xc3\xa9"}}};
  m.tasks[0].cut = CutExamples{.shots = {1}, .shot_targets = {}, .test = {0, 1}, .few_shot = {{1}}};
  m.searches = {{0, 0, 1, 0}, {0, 1, 2, 0}};
  m.baselines = {{Subject::zero_shot, 0}};
  return m;
}

}  // namespace lorasweep
