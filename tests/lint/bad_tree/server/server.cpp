#include <ringview/server/server.hpp>

#include "../client/cpp/include/ringview/ringview.hpp"  // REFUSED: also by a path
