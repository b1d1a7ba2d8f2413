#include <ringview/view/view_error.hpp>

namespace ringview {

std::string_view to_string(ViewErrc kind) noexcept {
    switch (kind) {
        case ViewErrc::index:
            return "index";
        case ViewErrc::type:
            return "type";
        case ViewErrc::value:
            return "value";
        case ViewErrc::readonly:
            return "readonly";
        case ViewErrc::format:
            return "format";
        case ViewErrc::contiguity:
            return "contiguity";
    }
    return "unknown";
}

}  // namespace ringview
