# The engine's speed against this machine's measured limit; tools/compare_with_pytorch.py does it against the reference.
add_executable(engine_bench engine_bench.cpp)
target_link_libraries(engine_bench PRIVATE lorasweep_flags workers_engine workers_device workers_cpu benchmark::benchmark)
