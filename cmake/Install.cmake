# What `cmake --install` puts where, and `cpack` into a Debian package: the program, its manual page and the completion of shells, which the
# program writes itself, the documents and the demos.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # a package needs no tests

set(pages "${CMAKE_BINARY_DIR}/pages")
set(page_files)
function(lorasweep_page reader file)
  add_custom_command(OUTPUT "${pages}/${file}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${pages}"
    COMMAND "$<TARGET_FILE:lorasweep>" completion ${reader} > "${pages}/${file}"
    DEPENDS lorasweep VERBATIM)
  set(page_files ${page_files} "${pages}/${file}" PARENT_SCOPE)
endfunction()
lorasweep_page(man lorasweep.1)
lorasweep_page(bash lorasweep)
lorasweep_page(zsh _lorasweep)
add_custom_target(lorasweep_pages ALL DEPENDS ${page_files})

install(TARGETS lorasweep RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(FILES "${pages}/lorasweep.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${pages}/lorasweep" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${pages}/_lorasweep" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
install(FILES "${CMAKE_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" RENAME copyright)
install(DIRECTORY "${CMAKE_SOURCE_DIR}/docs" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/demo" DESTINATION "${CMAKE_INSTALL_DATADIR}/lorasweep" PATTERN "runs" EXCLUDE)

# A package depends on what Debian has: with CUDA, libraries of NVIDIA's would be needed, which it has not.
if(LORASWEEP_CUDA)
  set(CPACK_GENERATOR TGZ)
else()
  set(CPACK_GENERATOR DEB)
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compose LoRA adapters for unseen tasks, without gradients")
set(CPACK_PACKAGE_CONTACT "the lorasweep authors <lorasweep@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # the libraries, by what the program is linked with
set(CPACK_DEBIAN_PACKAGE_DEPENDS openmpi-bin)  # mpirun
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, man-db, slurm-client")
include(CPack)
