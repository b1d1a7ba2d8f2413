# What CMakeLists.txt lists its models with.

# model(FILE [VARIANT] [SOAK] [DEFINES NAME[=VALUE] …]) holds.
# SOAK: the larger sizes, only where the configuration soak is asked for (./run soak).
#
# model_breaks(FILE WHAT [SOAK] BY MISTAKE [DEFINES NAME[=VALUE] …]) must not hold, and without MISTAKE it must: so there is a model of
# the same FILE and DEFINES, above it. Where the mistake is to leave something out,
# model_breaks(FILE WHAT [SOAK] DEFINES NAME[=VALUE] … UNBROKEN NAME[=VALUE] …) names the DEFINES of that model.
set(longest_search_s 900) # some seconds on a machine that has nothing else to do
set(longest_soak_search_s 7200)
set(memory_mib 2000)
set(soak_memory_mib 8000)

function(add_model_test name file)
  cmake_parse_arguments(arg "SOAK;BREAKS" "" "DEFINES" ${ARGN})
  set(options --timeout-s ${longest_search_s} --memory-mib ${memory_mib})
  set(labels model)
  set(configurations "")
  set(timeout_s ${longest_search_s})
  if(arg_SOAK)
    set(options --large --timeout-s ${longest_soak_search_s} --memory-mib ${soak_memory_mib})
    set(labels "model;soak")
    set(configurations CONFIGURATIONS soak)
    set(timeout_s ${longest_soak_search_s})
  endif()
  if(arg_BREAKS)
    list(APPEND options --breaks)
  endif()
  list(TRANSFORM arg_DEFINES PREPEND -D)
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/run_model.py ${options}
                                ${CMAKE_CURRENT_LIST_DIR}/${file}.pml ${arg_DEFINES}
           ${configurations})
  math(EXPR timeout_s "${timeout_s} + 60") # the search ends first, and tidies up
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout_s} SKIP_RETURN_CODE 77 ${ringview_busy})
endfunction()

# The same for the same search, in whatever order its options stand.
function(describe_search result file)
  list(SORT ARGN)
  list(JOIN ARGN " " options)
  set(${result} "${file} ${options}" PARENT_SCOPE)
endfunction()

function(model file)
  cmake_parse_arguments(arg "SOAK" "" "DEFINES" ${ARGN})
  string(REPLACE "/" "." name model.${file})
  foreach(variant ${arg_UNPARSED_ARGUMENTS})
    string(APPEND name .${variant})
  endforeach()
  set(soak "")
  if(arg_SOAK)
    set(soak SOAK)
  endif()
  add_model_test(${name} ${file} ${soak} DEFINES ${arg_DEFINES})
  describe_search(search ${file} ${arg_DEFINES})
  set_property(GLOBAL APPEND PROPERTY ringview_models_that_hold "${search}")
endfunction()

function(model_breaks file what)
  cmake_parse_arguments(arg "SOAK" "BY" "DEFINES;UNBROKEN" ${ARGN})
  if(DEFINED arg_UNPARSED_ARGUMENTS OR (DEFINED arg_BY AND DEFINED arg_UNBROKEN) OR NOT (DEFINED arg_BY OR DEFINED arg_UNBROKEN))
    message(FATAL_ERROR "model_breaks(${file} ${what}): BY which MISTAKE, or UNBROKEN how? One of them")
  endif()
  string(REPLACE "/" "." name model.${file}.breaks_${what})
  set(soak "")
  if(arg_SOAK)
    set(soak SOAK)
  endif()
  add_model_test(${name} ${file} BREAKS ${soak} DEFINES ${arg_DEFINES} ${arg_BY})
  if(DEFINED arg_UNBROKEN)
    describe_search(search ${file} ${arg_UNBROKEN})
  else()
    describe_search(search ${file} ${arg_DEFINES})
  endif()
  get_property(models GLOBAL PROPERTY ringview_models_that_hold)
  if(NOT search IN_LIST models)
    message(FATAL_ERROR "${name}: nobody searches what it breaks, the model of ${search}: a mistake that is found there may be the model's own")
  endif()
endfunction()
