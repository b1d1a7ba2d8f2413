# A room is one folder of the house: a static library whose headers lie under include/ringview/<room>/. Only what a
# room links to can be included from it, so the layer rule is a matter of link lines.
#
#   ringview_room(ring DEPENDS ringview::layout [PRIVATE_DEPENDS …] SOURCES … )
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
# -O2, not CMake's -O3: GCC 12 warns falsely (-Wrestrict) about std::string at -O3, and nothing here gains from it.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

add_library(ringview_build_flags INTERFACE)
target_compile_options(ringview_build_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow)
if(RINGVIEW_WARNINGS_AS_ERRORS)
  target_compile_options(ringview_build_flags INTERFACE -Werror)
endif()
if(RINGVIEW_SANITIZER)
  # Everything that is linked together must be instrumented alike, so these go to the whole tree.
  add_compile_options(-fsanitize=${RINGVIEW_SANITIZER} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RINGVIEW_SANITIZER})
endif()

# Where CMAKE_UNITY_BUILD is on (presets release, asan, tsan), some files of a target are compiled at once, as their headers take
# longer than what they say. So names of one file must not clash with another's: a test that repeats common ones has a
# namespace of its own, called like its file. That each file can be compiled alone is seen in tsan (rooms), debug and tidy.
function(ringview_unity target)
  # What hides a name of another file is no mistake, and to GCC a file that is included looks like a header.
  set(before "#pragma GCC diagnostic ignored \"-Wshadow\"")
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    string(APPEND before "\n#pragma GCC diagnostic ignored \"-Wsubobject-linkage\"")
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE 13 UNITY_BUILD_CODE_BEFORE_INCLUDE "${before}")
endfunction()

function(ringview_room room)
  cmake_parse_arguments(arg "" "" "DEPENDS;PRIVATE_DEPENDS;SOURCES" ${ARGN})
  set(target ringview_${room})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(ringview::${room} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${room})
  ringview_unity(${target})
  if(RINGVIEW_SANITIZER STREQUAL "thread")
    set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  endif()
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                                              $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS} $<BUILD_INTERFACE:ringview_build_flags>)
  set_property(GLOBAL APPEND PROPERTY ringview_rooms ${target})
  set_property(GLOBAL APPEND PROPERTY ringview_room_includes ${CMAKE_CURRENT_SOURCE_DIR}/include)
endfunction()

# A program of ours: same flags as a room, nothing exported.
function(ringview_program name)
  cmake_parse_arguments(arg "" "" "DEPENDS;SOURCES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  ringview_unity(${name})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ringview_build_flags)
endfunction()
