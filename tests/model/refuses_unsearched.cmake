# cmake -P: a mistake in a model that nobody searches without it. It must not come to its end.
cmake_minimum_required(VERSION 3.25)
include(${CMAKE_CURRENT_LIST_DIR}/models.cmake)

function(add_model_test)
endfunction()

model(ring DEFINES SLOTS=2 LAST=4)
model_breaks(ring at_that_size BY MISTAKE DEFINES LAST=4 SLOTS=2)
model_breaks(ring by_what_is_left_out DEFINES LAST=4 UNBROKEN SLOTS=2 LAST=4)
message(STATUS "what is searched is not refused")
model_breaks(ring at_another_size BY MISTAKE DEFINES SLOTS=1 LAST=4)
