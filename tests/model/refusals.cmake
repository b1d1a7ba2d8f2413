# The runner itself must not take for a proof what is none.
function(runner_refuses what answer)
  add_test(NAME model.runner.refuses_${what} COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/run_model.py ${ARGN}
           WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(model.runner.refuses_${what} PROPERTIES LABELS model PASS_REGULAR_EXPRESSION "FAILED.*${answer}")
endfunction()

runner_refuses(a_search_cut_by_depth "the search is not complete: max search depth too small" --steps 50 wake_up.pml)
runner_refuses(a_search_cut_by_memory "the search is not complete: reached -DMEMLIM bound" --memory-mib 125 lossy_eviction.pml)
runner_refuses(a_search_cut_by_time "the search is not complete: the time ran out" --timeout-s 0.05 lossy_eviction.pml)
runner_refuses(a_mistake_lost_to_a_bound "the mistake is not found \\(max search depth" --breaks --steps 50 wake_up.pml -DWAKER_CLEARS_BIT)
runner_refuses(a_mistake_that_is_none "the mistake is not found \\(every state is fine" --breaks wake_up.pml)
runner_refuses(a_model_that_breaks "invalid end state" wake_up.pml -DWAKER_CLEARS_BIT)
runner_refuses(a_step_that_no_run_takes "no run takes these steps" wake_up.pml -DMESSAGES=2)

# Nor the list above.
add_test(NAME model.list.refuses_a_mistake_in_what_nobody_searches
         COMMAND ${CMAKE_COMMAND} -P ${CMAKE_CURRENT_SOURCE_DIR}/refuses_unsearched.cmake)
set_tests_properties(model.list.refuses_a_mistake_in_what_nobody_searches PROPERTIES LABELS model PASS_REGULAR_EXPRESSION
                     "what is searched is not refused.*nobody searches.*SLOTS=1")
