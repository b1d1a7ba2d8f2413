#include <ringview/ringview.hpp>
#include <ringview/server/server.hpp>
