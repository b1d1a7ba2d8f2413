# Every outside package, looked for before anything is built. What is missing is named once, all together, by its
# Debian package; ./run deps installs the same list.
set(ringview_missing_packages "")

macro(ringview_find debian_package package)
  find_package(${package} ${ARGN} QUIET)
  if(NOT ${package}_FOUND)
    list(APPEND ringview_missing_packages "${debian_package} (${package} ${ARGN})")
  endif()
endmacro()

set(CMAKE_THREAD_PREFER_PTHREAD ON)
find_package(Threads REQUIRED)
ringview_find("libboost1.81-dev libboost-json1.81-dev" Boost 1.81 COMPONENTS json)
ringview_find(libspdlog-dev spdlog)
ringview_find(libtomlplusplus-dev tomlplusplus)
ringview_find(libcli11-dev CLI11)
ringview_find(libssl-dev OpenSSL COMPONENTS Crypto)
if(RINGVIEW_BUILD_TESTS)
  ringview_find("libgtest-dev libgmock-dev" GTest)
  ringview_find(librapidcheck-dev rapidcheck)
endif()

if(ringview_missing_packages)
  list(JOIN ringview_missing_packages "\n  " missing_lines)
  message(FATAL_ERROR "ringview needs packages that are not installed (Debian package, then what CMake looked for):\n"
                      "  ${missing_lines}\nOn Debian, `./run deps` installs them all.")
endif()
