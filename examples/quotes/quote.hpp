#pragma once

#include <cstdint>

#include <boost/describe.hpp>

struct Quote {
    double bid, ask;
    std::uint32_t size;
};
BOOST_DESCRIBE_STRUCT(Quote, (), (bid, ask, size))
