#pragma once
#include <ringview/platform/futex.hpp>  // REFUSED: views stand alone
