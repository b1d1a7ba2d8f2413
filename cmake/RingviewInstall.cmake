# cmake --install: libraries, headers, programs, the CMake package and the pkg-config file. What is installed follows from
# the rooms that were declared (RingviewRoom.cmake); what users must find beside it follows from what the rooms link to.
#
# Two export sets: `ringview` (the client library and the rooms below it) and `server` (component server of the CMake
# package), so that only a program with an embedded daemon needs the daemon's libraries.
include(CMakePackageConfigHelpers)

option(RINGVIEW_INSTALL "Install the libraries, headers and programs" ${PROJECT_IS_TOP_LEVEL})
if(NOT RINGVIEW_INSTALL)
  return()
endif()
set(ringview_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ringview)

# The targets that follow `target` in link order: every dependent before what it depends on, outside libraries included.
# Generator expressions around a name ($<LINK_ONLY:…>, $<BUILD_INTERFACE:…>) are taken off; what is for our own build only
# is left out.
function(ringview_link_closure target result)
  get_target_property(aliased ${target} ALIASED_TARGET)
  if(aliased)
    set(target ${aliased})
  endif()
  set(ordered "")
  get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
  if(NOT links)
    set(links "")
  endif()
  foreach(link IN LISTS links)
    if(link MATCHES "BUILD_INTERFACE")
      continue()
    endif()
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
    set(below ${link})
    if(TARGET ${link})
      get_target_property(imported ${link} IMPORTED)
      if(NOT imported)
        ringview_link_closure(${link} below)
      endif()
    endif()
    # The last mention counts: a library stands behind everything that needs it.
    list(REMOVE_ITEM ordered ${below})
    list(APPEND ordered ${below})
  endforeach()
  set(${result} ${target} ${ordered} PARENT_SCOPE)
endfunction()

# How a user of the installed package finds an outside library, in CMake and in pkg-config. A new dependency of a room
# needs a line here; configuring stops without it.
set(ringview_outside "")
macro(ringview_outside_library library cmake_package linker_words)
  list(APPEND ringview_outside ${library})
  set(ringview_cmake_package_${library} "${cmake_package}")
  set(ringview_linker_words_${library} "${linker_words}")
endmacro()
ringview_outside_library(Threads::Threads "Threads" "-pthread")
ringview_outside_library(Boost::headers "Boost 1.81" "")
ringview_outside_library(Boost::boost "Boost 1.81" "")
ringview_outside_library(Boost::json "Boost 1.81 COMPONENTS json" "-lboost_json")
ringview_outside_library(OpenSSL::Crypto "OpenSSL COMPONENTS Crypto" "-lcrypto")
ringview_outside_library(spdlog::spdlog "spdlog" "-lspdlog -lfmt")
ringview_outside_library(tomlplusplus::tomlplusplus "tomlplusplus" "-ltomlplusplus")
ringview_outside_library(CLI11::CLI11 "CLI11" "")

# The find_dependency lines that the targets in ARGN make necessary.
function(ringview_find_dependency_lines result)
  set(lines "")
  foreach(target IN LISTS ARGN)
    ringview_link_closure(${target} closure)
    foreach(library IN LISTS closure)
      get_target_property(imported ${library} IMPORTED)
      if(NOT imported)
        continue()
      elseif(NOT library IN_LIST ringview_outside)
        message(FATAL_ERROR "${target} links to ${library}: say in cmake/RingviewInstall.cmake how its users find that")
      endif()
      list(APPEND lines "find_dependency(${ringview_cmake_package_${library}})")
    endforeach()
  endforeach()
  list(REMOVE_DUPLICATES lines)
  list(JOIN lines "\n" lines)
  set(${result} "${lines}" PARENT_SCOPE)
endfunction()

# pkg-config's Libs for a library. The dependencies stand there too and not in Libs.private: our libraries are static, so
# every program that links to them needs the words.
function(ringview_pkgconfig_libs target result)
  set(words "")
  ringview_link_closure(${target} closure)
  foreach(library IN LISTS closure)
    if(library IN_LIST ringview_outside)
      list(APPEND words ${ringview_linker_words_${library}})
    else()
      get_target_property(type ${library} TYPE)
      if(type STREQUAL "STATIC_LIBRARY")
        list(APPEND words "-l$<TARGET_FILE_BASE_NAME:${library}>")
      endif()
    endif()
  endforeach()
  list(JOIN words " " words)
  set(${result} "${words}" PARENT_SCOPE)
endfunction()

# The rooms, by the folder they stand in. Rooms of a program (client/cli) and of the tests are installed with nobody.
set(ringview_client_rooms "")
set(ringview_server_rooms "")
get_property(ringview_all_rooms GLOBAL PROPERTY ringview_rooms)
foreach(room IN LISTS ringview_all_rooms)
  get_target_property(folder ${room} SOURCE_DIR)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${folder})
  if(folder MATCHES "^(common/|client/cpp)")
    set(set_name client)
  elseif(folder MATCHES "^server")
    set(set_name server)
  else()
    continue()
  endif()
  list(APPEND ringview_${set_name}_rooms ${room})
  install(TARGETS ${room} EXPORT ringview_${set_name} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  if(EXISTS ${PROJECT_SOURCE_DIR}/${folder}/include)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
            FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
  endif()
endforeach()

foreach(set_name client server)
  if(ringview_${set_name}_rooms)
    install(EXPORT ringview_${set_name} FILE ringview-${set_name}.cmake NAMESPACE ringview:: DESTINATION ${ringview_package_dir})
  endif()
  ringview_find_dependency_lines(ringview_${set_name}_dependencies ${ringview_${set_name}_rooms})
endforeach()

foreach(program ringview_cli ringviewd)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/ringviewConfig.cmake.in ${PROJECT_BINARY_DIR}/package/ringviewConfig.cmake
                              INSTALL_DESTINATION ${ringview_package_dir} NO_SET_AND_CHECK_MACRO)
# While the version is 0.x, a minor version may change names.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/ringviewConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/ringviewConfig.cmake ${PROJECT_BINARY_DIR}/package/ringviewConfigVersion.cmake
        DESTINATION ${ringview_package_dir})

if(TARGET ringview::ringview)
  ringview_pkgconfig_libs(ringview::ringview ringview_libs)
  # Found from where the .pc file lies, so that an installed tree can be moved.
  file(RELATIVE_PATH ringview_prefix_from_pc /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" ringview_prefix_from_pc "${ringview_prefix_from_pc}")
  configure_file(${CMAKE_CURRENT_LIST_DIR}/ringview.pc.in ${PROJECT_BINARY_DIR}/package/ringview.pc.in @ONLY)
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/package/ringview.pc INPUT ${PROJECT_BINARY_DIR}/package/ringview.pc.in)
  install(FILES ${PROJECT_BINARY_DIR}/package/ringview.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()

# An example to copy: installing again must not overwrite settings that somebody has changed.
foreach(file config/ringviewd.toml)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${file})
    install(FILES ${PROJECT_SOURCE_DIR}/${file} DESTINATION ${CMAKE_INSTALL_DATADIR}/ringview)
  endif()
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
