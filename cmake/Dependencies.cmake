# The libraries of Debian 12, as targets. Each is linked by the one room that needs it, and asked for only where that room is built.
#
# LORASWEEP_ENGINE_ONLY builds what computes (workers/, with the rooms of data/ below it) and needs: CMake, a C++20 compiler with OpenMP, oneDNN,
# nlohmann-json, fmt, and for the tests GoogleTest; CUDA where there is a device. A machine without packages and network takes them from one folder,
# LORASWEEP_VENDOR (scripts/gpu-check --bundle makes it): include/, lib/ and googletest/.
set(LORASWEEP_VENDOR "" CACHE PATH "folder with include/, lib/ and googletest/, for a machine that has no packages")
if(LORASWEEP_VENDOR)
  list(PREPEND CMAKE_PREFIX_PATH "${LORASWEEP_VENDOR}")
endif()
find_package(Threads REQUIRED)

# Both are also usable as plain headers, which is how a bundle has them.
function(lorasweep_headers package target header)
  find_package(${package} QUIET)
  if(TARGET ${target})
    return()
  endif()
  find_path(${package}_HEADERS ${header} REQUIRED)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE "${${package}_HEADERS}")
  target_compile_definitions(${target} INTERFACE ${ARGN})
endfunction()
lorasweep_headers(nlohmann_json nlohmann_json::nlohmann_json nlohmann/json.hpp)  # data/core
lorasweep_headers(fmt fmt::fmt fmt/core.h FMT_HEADER_ONLY)

# workers/cpu. Not by find_package: Debian's dnnl-config.cmake asks for OpenCL headers, which nothing here uses.
find_path(DNNL_INCLUDE_DIR dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY NAMES dnnl libdnnl.so.2 REQUIRED)
add_library(DNNL::dnnl UNKNOWN IMPORTED)
set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION "${DNNL_LIBRARY}"
                                            INTERFACE_INCLUDE_DIRECTORIES "${DNNL_INCLUDE_DIR}")
if(LORASWEEP_VENDOR)  # what the library needs itself lies beside it: only the old kind of run path is looked through for that
  target_link_options(DNNL::dnnl INTERFACE "LINKER:--disable-new-dtags,-rpath,${LORASWEEP_VENDOR}/lib")
endif()
if(NOT LORASWEEP_FUZZ)
  find_package(OpenMP REQUIRED COMPONENTS CXX)  # workers/cpu
endif()

if(LORASWEEP_TESTS)
  if(LORASWEEP_VENDOR AND EXISTS "${LORASWEEP_VENDOR}/googletest/CMakeLists.txt")
    add_subdirectory("${LORASWEEP_VENDOR}/googletest" "${CMAKE_BINARY_DIR}/googletest" EXCLUDE_FROM_ALL)
    foreach(part gtest gmock gtest_main)
      if(NOT TARGET GTest::${part})
        add_library(GTest::${part} ALIAS ${part})
      endif()
    endforeach()
  else()
    find_package(GTest REQUIRED)
  endif()
endif()

if(NOT LORASWEEP_ENGINE_ONLY)
  include(FindPkgConfig)
  find_package(OpenSSL REQUIRED COMPONENTS Crypto)  # data/core: SHA-256
  find_package(spdlog REQUIRED)
  pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)            # data/journal
  pkg_check_modules(sentencepiece REQUIRED IMPORTED_TARGET sentencepiece) # data/tokenizer
  pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)        # data/tokenizer
  pkg_check_modules(hdf5_serial REQUIRED IMPORTED_TARGET hdf5-serial)     # data/results
  find_package(MPI REQUIRED COMPONENTS C)       # scheduler/mpi: the C interface only
  find_package(Boost 1.74 REQUIRED COMPONENTS serialization)  # scheduler: messages
  find_package(Eigen3 REQUIRED)                 # pipeline/search
  find_package(CLI11 REQUIRED)                  # pipeline/cli
  pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)   # pipeline/config
  if(LORASWEEP_BENCH)
    find_package(benchmark REQUIRED)  # bench/scheduler; the engine's benchmark needs none
  endif()
endif()
