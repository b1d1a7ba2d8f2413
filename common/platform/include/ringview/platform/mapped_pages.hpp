#pragma once

#include <string>

#include <ringview/platform/mapping.hpp>

/// What the kernel can be asked to do with the pages of a mapping. Each returns once it is done.
namespace ringview::platform {

/// Enters every page into this process's page table, ready for `access`: later no first touch of a page faults.
void prefault(const Mapping& mapping, Access access);

/// Keeps the pages in memory, for everybody that has them mapped, until this mapping goes. Enters them into the page
/// table too. `what` is being locked, for the error: Error::no_memory, with the process's limit (RLIMIT_MEMLOCK), what
/// is needed and how to raise it.
void lock(const Mapping& mapping, const std::string& what);

/// Moves the memory into transparent huge pages, for everybody that maps it aligned to them, as Mapping does. Returns
/// the reason where it could not all be done; empty otherwise.
std::string collapse_into_huge_pages(const Mapping& mapping);

}  // namespace ringview::platform
