# How a room of the house becomes a target: one static library a room, one test program a room.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

option(LORASWEEP_WERROR "warnings are errors; OFF for compilers that nobody tried" ON)
add_library(lorasweep_flags INTERFACE)
# Bits must not depend on what the compiler chose to fuse: no contraction of a*b+c unless the code asks for it.
set(warnings -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
             -Wno-missing-field-initializers  # designated initialisers leave the rest at its default
             -Wno-maybe-uninitialized         # g++ 12 sees ghosts in std::variant and std::optional
             -Wno-restrict                    # g++ 12 sees ghosts in "text" + std::string (GCC bug 105651)
             $<$<BOOL:${LORASWEEP_WERROR}>:-Werror> -ffp-contract=off)
target_compile_options(lorasweep_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${warnings};-Wpedantic>")
# nvcc: its own warnings are errors, and the host's compiler sees the same flags, but for -Wpedantic, which finds fault with nvcc's own code.
list(JOIN warnings "," host_warnings)
target_compile_options(lorasweep_flags INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:$<$<BOOL:${LORASWEEP_WERROR}>:-Werror=all-warnings>;-Xcompiler=${host_warnings}>")
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")  # for the fuzz targets; g++ judges the warnings
  target_compile_options(lorasweep_flags INTERFACE -Wno-error -Wno-unknown-warning-option)
endif()
target_include_directories(lorasweep_flags INTERFACE "${CMAKE_SOURCE_DIR}")
if(LORASWEEP_SANITIZE)
  list(JOIN LORASWEEP_SANITIZE "," sanitizers)
  target_compile_options(lorasweep_flags INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${sanitizers};-fno-omit-frame-pointer;-fno-sanitize-recover=all>")
  target_link_options(lorasweep_flags INTERFACE -fsanitize=${sanitizers})
endif()

# lorasweep_library(data_formats SOURCES a.cpp b.cpp LINKS data_core ... PRIVATE_LINKS hdf5_serial ...)
function(lorasweep_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC lorasweep_flags ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()

# lorasweep_test(data_formats_test SOURCES a_test.cpp LINKS data_formats [ARGUMENTS ...]): every TEST becomes a ctest of its own program
function(lorasweep_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS;ARGUMENTS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE lorasweep_flags ${ARG_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE LORASWEEP_GOLDEN_DIR="${CMAKE_SOURCE_DIR}/tests/golden"
                                             LORASWEEP_DEMO_DIR="${CMAKE_SOURCE_DIR}/demo")
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGUMENTS})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 SKIP_REGULAR_EXPRESSION "")
endfunction()

# lorasweep_limited_tests(parity_test [FILTER ...]): the program's tests once more as on processors with less, so that one machine proves
# more than its own (workers/cpu/instruction_set.h). A processor that has no more repeats what it has.
function(lorasweep_limited_tests name)
  cmake_parse_arguments(ARG "" "FILTER" "" ${ARGN})
  if(NOT ARG_FILTER)
    set(ARG_FILTER "*")
  endif()
  foreach(set avx2 avx512)
    add_test(NAME ${name}_${set} COMMAND ${name} "--gtest_filter=${ARG_FILTER}")
    set_tests_properties(${name}_${set} PROPERTIES TIMEOUT 600 ENVIRONMENT LORASWEEP_MAX_ISA=${set})
  endforeach()
endfunction()
