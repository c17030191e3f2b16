# SPDX-License-Identifier: Apache-2.0
# What a user sees of a sweep: progress while it runs, the table at its end.
lorasweep_library(pipeline_progress
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/progress.cpp ${CMAKE_CURRENT_LIST_DIR}/summary_table.cpp
  LINKS data_core
  PRIVATE_LINKS fmt::fmt)
