# The engine's speed against this machine's measured limit. A program of its own, so that a GPU machine needs no benchmark library.
add_executable(engine_bench
  engine/engine_bench.cpp engine/options.cpp engine/lengths.cpp engine/work_count.cpp engine/random_model.cpp engine/bench_engine.cpp
  engine/repetitions.cpp engine/work_section.cpp engine/host_section.cpp engine/sweep_section.cpp
  engine/composition_section.cpp)
target_link_libraries(engine_bench PRIVATE lorasweep_flags workers_engine workers_device data_model fmt::fmt)

# Decoder-only models, for tools/compare_with_pytorch.py.
add_executable(causal_bench engine/causal_bench.cpp engine/random_model.cpp)
target_link_libraries(causal_bench PRIVATE lorasweep_flags workers_engine workers_device data_model fmt::fmt)
