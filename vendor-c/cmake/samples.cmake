# aeronmd and upstream's C samples, for tests that talk to other implementations. Never part of the archive.
set(AERON_SAMPLES_DIR "${AERON_SOURCE_DIR}/aeron-samples/src/main/c")

# cping keeps its latencies in an HdrHistogram, whose source lies zipped in the tree.
file(GLOB AERON_HDR_ZIP "${AERON_SOURCE_DIR}/cppbuild/HdrHistogram_c-*.zip")
if (NOT AERON_HDR_ZIP OR NOT EXISTS "${AERON_SAMPLES_DIR}/cping.c")
    message(FATAL_ERROR "AERON_SOURCE_DIR ('${AERON_SOURCE_DIR}') has no samples (aeron-samples/src/main/c, cppbuild/HdrHistogram_c-*.zip): "
        "take a whole Aeron tree, or build without the samples.")
endif ()
file(ARCHIVE_EXTRACT INPUT "${AERON_HDR_ZIP}" DESTINATION "${CMAKE_BINARY_DIR}/hdr")
file(GLOB AERON_HDR_DIR "${CMAKE_BINARY_DIR}/hdr/HdrHistogram_c-*")
add_library(aeron_hdr STATIC
    "${AERON_HDR_DIR}/src/hdr_histogram.c"
    "${AERON_HDR_DIR}/src/hdr_histogram_log_no_op.c"
    "${AERON_HDR_DIR}/src/hdr_time.c"
    "${AERON_HDR_DIR}/src/hdr_thread.c")
target_include_directories(aeron_hdr PUBLIC "${AERON_HDR_DIR}/include")
target_compile_definitions(aeron_hdr PRIVATE _GNU_SOURCE)
target_compile_options(aeron_hdr PRIVATE ${AERON_FLAGS})

function(aeron_program name)
    add_executable(${name} ${ARGN} "${AERON_SHIM_DIR}/allow_environment.c")
    target_include_directories(${name} PRIVATE "${AERON_SHIM_DIR}")
    target_compile_definitions(${name} PRIVATE
        DISABLE_BOUNDS_CHECKS
        AERON_VERSION_TXT="${AERON_NATIVE_VERSION}"
        AERON_VERSION_MAJOR=${PROJECT_VERSION_MAJOR}
        AERON_VERSION_MINOR=${PROJECT_VERSION_MINOR}
        AERON_VERSION_PATCH=${PROJECT_VERSION_PATCH}
        AERON_VERSION_GITSHA="+guilty")
    target_compile_options(${name} PRIVATE ${AERON_FLAGS})
    target_link_options(${name} PRIVATE $<$<BOOL:${AERON_ASAN}>:-fsanitize=address>)
    target_link_libraries(${name} PRIVATE aeron_native)
    # Upstream links with it: strategies are looked up by name with dlsym.
    set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)
    install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

aeron_program(aeronmd "${AERON_DRIVER_DIR}/aeronmd.c")
foreach (name IN ITEMS basic_publisher basic_subscriber streaming_publisher streaming_exclusive_publisher rate_subscriber cping cpong)
    aeron_program(${name} "${AERON_SAMPLES_DIR}/${name}.c" "${AERON_SAMPLES_DIR}/sample_util.c")
endforeach ()
target_link_libraries(cping PRIVATE aeron_hdr)

aeron_program(AeronStat "${AERON_SAMPLES_DIR}/aeron_stat.c")
aeron_program(ErrorStat "${AERON_SAMPLES_DIR}/error_stat.c")
aeron_program(LossStat "${AERON_SAMPLES_DIR}/loss_stat.c")
aeron_program(DriverTool "${AERON_SAMPLES_DIR}/driver_tool.c")
