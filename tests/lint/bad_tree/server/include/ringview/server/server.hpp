#pragma once
#include <ringview/control/packet.hpp>
#include <ringview/ringview.hpp>  // REFUSED
