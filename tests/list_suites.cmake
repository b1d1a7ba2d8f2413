# Asks the GoogleTest program PROGRAM for its suites and writes LIST, which tells CTest about them: a test PREFIX.SUITE each,
# with LABELS and other PROPERTIES.
execute_process(COMMAND ${PROGRAM} --gtest_list_tests OUTPUT_VARIABLE output RESULT_VARIABLE result TIMEOUT 60)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --gtest_list_tests: ${result}\n${output}")
endif()

# A suite is a line "NAME." (of typed tests with a comment behind it); its tests follow, indented. Comments may hold what
# CMake takes for a list.
string(REGEX REPLACE "#[^\n]*" "" output "${output}")
string(REGEX MATCHALL "(^|\n)[A-Za-z0-9_/]+\\.[^\n]*(\n  [^\n]*)+" suites "${output}")
set(commands "")
list(JOIN PROPERTIES " " PROPERTIES)
foreach(suite IN LISTS suites)
  string(REGEX MATCH "[A-Za-z0-9_/]+" name "${suite}")
  string(APPEND commands
         "add_test([=[${PREFIX}.${name}]=] [=[${PROGRAM}]=] [=[--gtest_filter=${name}.*]=])\n"
         "set_tests_properties([=[${PREFIX}.${name}]=] PROPERTIES LABELS [=[${LABELS}]=] ${PROPERTIES})\n")
endforeach()
if(NOT commands)
  message(FATAL_ERROR "${PROGRAM} has no tests:\n${output}")
endif()
file(WRITE ${LIST} "${commands}")
