# What the scheduler can do in a second when the work itself takes no time.
add_executable(scheduler_bench scheduler_bench.cpp)
target_link_libraries(scheduler_bench PRIVATE lorasweep_flags scheduler data_journal benchmark::benchmark)
