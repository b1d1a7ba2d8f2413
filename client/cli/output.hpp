#pragma once

namespace ringview::cli {

/// Writes out what was printed. Throws where it cannot be written: what nobody got is not done.
void flush_output();

}  // namespace ringview::cli
