#pragma once

/// All of ringview's C++ API. README.md has a program that uses it; client.hpp is where to read on.

#include <ringview/client.hpp>
#include <ringview/consumer.hpp>
#include <ringview/mapped_file.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/producer.hpp>
#include <ringview/view/format.hpp>
#include <ringview/view/format_of.hpp>
#include <ringview/view/memory_view.hpp>
