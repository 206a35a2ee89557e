# AERON_RECIPE: the first 32 bits of a SHA-256 over the files that decide the outcome, as internal/nativelib makes it. It goes into
# aerongo_native.h; cgo/native_recipe.h holds the number that the Go side wants.
file(GLOB_RECURSE AERON_RECIPE_FILES RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" LIST_DIRECTORIES false
    "${CMAKE_CURRENT_SOURCE_DIR}/vendor-c/shim/*" "${CMAKE_CURRENT_SOURCE_DIR}/vendor-c/cmake/*")
list(FILTER AERON_RECIPE_FILES EXCLUDE REGEX "/\\.[^/]*$")
list(APPEND AERON_RECIPE_FILES
    CMakeLists.txt vendor-c/Cargo.toml vendor-c/Cargo.lock vendor-c/SOURCE.sha256 vendor-c/NOTICE)
list(SORT AERON_RECIPE_FILES COMPARE STRING CASE SENSITIVE)
set(AERON_RECIPE_LINES "")
foreach (name IN LISTS AERON_RECIPE_FILES)
    file(SHA256 "${CMAKE_CURRENT_SOURCE_DIR}/${name}" digest)
    string(APPEND AERON_RECIPE_LINES "${digest}  ${name}\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
endforeach ()
string(SHA256 AERON_RECIPE "${AERON_RECIPE_LINES}")
string(SUBSTRING "${AERON_RECIPE}" 0 8 AERON_RECIPE)
set(AERON_RECIPE "0x${AERON_RECIPE}")
