# What the scheduler can do in a second when the work itself takes no time; under mpirun over its ranks.
add_executable(scheduler_bench scheduler_bench.cpp scheduler/over_mpi.cpp)
target_link_libraries(scheduler_bench PRIVATE lorasweep_flags scheduler scheduler_mpi data_journal benchmark::benchmark)
