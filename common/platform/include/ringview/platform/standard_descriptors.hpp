#pragma once

/// Descriptors 0, 1 and 2, for programs that may be started without some of them.
namespace ringview::platform {

/// Gives those that are closed to something that can be neither read nor written as they are meant to be. To be called
/// before anything is opened, or a socket would become the standard output, and take what is meant for the user.
void occupy_standard_descriptors() noexcept;

}  // namespace ringview::platform
