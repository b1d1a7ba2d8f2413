#pragma once
#include <linux/futex.h>

#include <ringview/layout/header.hpp>  // REFUSED: the bottom layer includes nothing of ours
