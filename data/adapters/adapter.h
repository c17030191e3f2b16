// SPDX-License-Identifier: Apache-2.0
// One PEFT LoRA adapter: which sites it changes, with what rank and scaling, and its factors.
#pragma once

#include "data/formats/weight_file.h"
#include "data/model/checkpoint.h"
#include "data/model/lora_sites.h"
#include "data/tensor/tensor.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lorasweep {

/// What an adapter does to one site: W + scaling * B A.
struct AdapterSite {
  int site = 0;  ///< index into lora_sites(plan)
  int rank = 0;
  double scaling = 0;        ///< lora_alpha / r, or lora_alpha / sqrt(r) with use_rslora; patterns applied
  std::string key_a, key_b;  ///< names of the factors in the file
};

/// What all values of an adapter say.
struct AdapterContent {
  /// SHA-256 over sites, scalings and f32 values: equal for .bin and .safetensors of the same numbers.
  std::string sha256;
  /// Sites where it adds nothing, because A, B or the scaling is zero. PEFT begins training with B = 0.
  int idle_sites = 0;
};

/// An adapter directory whose configuration and tensor table were checked; values are read when asked for, or all at
/// once by load().
/// Constructor: InputError naming file and key for anything that would be silently wrong (reference rules:
/// docs/formats/adapters.md): DoRA, bias, modules_to_save, a tensor that is not used, a missing factor, a
/// shape that does not fit the base model, NaN or Inf (on read).
class Adapter {
 public:
  /// `base`: of `plan`, and read where the file holds a copy of the base's embedding or head, which must equal it.
  /// Null: such copies were compared when the adapter was opened before, and are passed over.
  Adapter(const std::filesystem::path& directory, const ModelPlan& plan, const Checkpoint* base = nullptr);

  const std::string& name() const { return name_; }  ///< the directory's last component unless renamed
  void rename(std::string name) { name_ = std::move(name); }
  const std::filesystem::path& directory() const { return directory_; }
  const std::vector<AdapterSite>& sites() const { return sites_; }  ///< ascending by site
  double alpha() const { return alpha_; }
  int rank() const { return rank_; }
  const std::string& base_model_name() const { return base_model_name_; }
  const std::vector<std::string>& target_modules() const { return target_modules_; }
  const std::string& format() const { return format_; }  ///< "safetensors" or "bin"

  /// Reads every value into memory, each once, and closes the files: from here on the functions below look there.
  /// InputError for a value that cannot be used.
  void load();
  /// Frees the values; none can be read afterwards.
  void unload();

  Tensor read_a(const AdapterSite& site) const;            ///< [rank, in]
  Tensor read_b(const AdapterSite& site) const;            ///< [out, rank]
  AdapterContent content() const;                          ///< looks at all values
  std::string digest() const { return content().sha256; }  ///< looks at all values

 private:
  struct Loaded {
    std::vector<std::int64_t> shape;
    std::size_t first = 0;  ///< among values_
  };
  Tensor read_finite(const std::string& key) const;

  std::string name_, base_model_name_, format_;
  std::filesystem::path directory_;
  std::vector<std::string> target_modules_;
  std::vector<AdapterSite> sites_;
  std::vector<std::string> modules_;  ///< of sites_
  double alpha_ = 0;
  int rank_ = 0;
  std::unique_ptr<WeightFile> weights_;  ///< none once they were loaded
  std::map<std::string, Loaded> loaded_;
  std::vector<float> values_;  ///< of all factors, one block: freed at once, it returns to the system
};

/// Under `lorahub` composition all adapters of a set must have the same sites, ranks and scalings (the
/// reference sums factors and applies one scaling). InputError naming the first adapter that differs, from
/// which one, and in what.
void require_same_architecture(const std::vector<const Adapter*>& adapters);

}  // namespace lorasweep
