#pragma once
#include <ringview/server/server.hpp>  // REFUSED
#include <ringview/view/view.hpp>
