// SPDX-License-Identifier: Apache-2.0
// Writes the sample results to the file named on the command line, for tests in other languages.
#include "data/results/results_writer.h"
#include "tests/data/results/sample_results.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  lorasweep::write_results(lorasweep::sample_results(), argv[1]);
  return 0;
}
