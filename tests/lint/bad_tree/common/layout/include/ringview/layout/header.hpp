#pragma once
#include <ringview/platform/futex.hpp>
