# The libraries of Debian 12, as targets. Each is linked by the one room that needs it.
include(FindPkgConfig)
find_package(Threads REQUIRED)

find_package(nlohmann_json 3.11 REQUIRED)     # data/core
find_package(OpenSSL REQUIRED COMPONENTS Crypto)  # data/core: SHA-256
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)            # data/journal
pkg_check_modules(sentencepiece REQUIRED IMPORTED_TARGET sentencepiece) # data/tokenizer
pkg_check_modules(hdf5_serial REQUIRED IMPORTED_TARGET hdf5-serial)     # data/results
# workers/cpu. Not by find_package: Debian's dnnl-config.cmake asks for OpenCL headers, which nothing here uses.
find_path(DNNL_INCLUDE_DIR dnnl.hpp REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
add_library(DNNL::dnnl UNKNOWN IMPORTED)
set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION "${DNNL_LIBRARY}"
                                            INTERFACE_INCLUDE_DIRECTORIES "${DNNL_INCLUDE_DIR}")
if(NOT LORASWEEP_FUZZ)
  find_package(OpenMP REQUIRED COMPONENTS CXX)  # workers/cpu
endif()
find_package(MPI REQUIRED COMPONENTS C)       # scheduler/mpi: the C interface only
find_package(Boost 1.74 REQUIRED COMPONENTS serialization)  # scheduler: messages
find_package(Eigen3 REQUIRED)                 # pipeline/search
find_package(CLI11 REQUIRED)                  # pipeline/cli
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)   # pipeline/config
if(LORASWEEP_TESTS)
  find_package(GTest REQUIRED)
endif()
if(LORASWEEP_BENCH)
  find_package(benchmark REQUIRED)
endif()
