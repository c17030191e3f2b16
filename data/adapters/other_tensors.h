// SPDX-License-Identifier: Apache-2.0
// What an adapter's file may hold besides the factors of a plain LoRA, and how it came there.
#pragma once

#include "data/core/error.h"
#include "data/formats/weight_file.h"
#include "data/model/checkpoint.h"
#include "data/model/lora_sites.h"

#include <span>
#include <string>
#include <vector>

namespace lorasweep {

/// What is wrong with the table of an adapter's file as a whole, where its cause is known: nothing in it, values that
/// were never gathered (ZeRO-3), a whole model, keys with another beginning than PEFT's or with torch.compile's
/// `_orig_mod.` in them, tensors of other methods or other programs. InputError at `where` naming it, or nothing.
void refuse_known_causes(const WeightFile& weights, const std::string& where, const ModelPlan& plan,
                         std::span<const LoraSite> sites);

/// For the tensors of the file that are no factors. PEFT saves embedding and head beside the factors where it cannot
/// know whether they were trained: they are taken, and left unread afterwards, if their values are those of `base`, bit
/// by bit. (Null: the base's values are not at hand, and were compared when the adapter was opened before.) InputError
/// for a vocabulary of another size, for values that differ, and for every other tensor.
void require_unchanged(const std::vector<std::string>& others, const WeightFile& weights, const std::string& where,
                       const ModelPlan& plan, const Checkpoint* base);

}  // namespace lorasweep
