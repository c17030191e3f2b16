# How fast texts become tokens, by a tokenizer.json.
add_executable(tokenizer_bench tokenizer_bench.cpp)
target_link_libraries(tokenizer_bench PRIVATE lorasweep_flags data_tokenizer data_core fmt::fmt)
target_compile_definitions(tokenizer_bench PRIVATE LORASWEEP_GOLDEN_DIR="${CMAKE_SOURCE_DIR}/tests/golden")
