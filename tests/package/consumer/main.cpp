// A program of somebody else: it knows the installed headers and libraries only.
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

#include <boost/describe.hpp>
#include <ringview/ringview.hpp>

struct Quote {
    double bid, ask;
    std::uint32_t size;
};
BOOST_DESCRIBE_STRUCT(Quote, (), (bid, ask, size))

struct Book {
    std::array<double, 2> best;
    std::int16_t levels[3];
    char venue[2];
};
BOOST_DESCRIBE_STRUCT(Book, (), (best, levels, venue))

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
    std::printf("%s: %s\n", holds ? "ok" : "FAILED", what);
    failures += holds ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: consumer SOCKET-THAT-DOES-NOT-EXIST\n");
        return 2;
    }
    expect(ringview::format_of<Quote>() == "T{<d:bid:<d:ask:<I:size:4x}", "a described struct has a format");
    expect(ringview::format_of<Book>() == "T{(2)<d:best:(3)<h:levels:<2s:venue:}", "also one with arrays");

    std::vector<Quote> quotes(3);
    const auto view = ringview::MemoryView::of(quotes);
    view.as<Quote, 1>()(1).ask = 2.5;
    expect(view.nbytes() == 3 * sizeof(Quote) && quotes[1].ask == 2.5, "a typed view writes into the vector below it");

    bool refused = false;
    try {
        auto client = ringview::Client::connect({.socket = argv[1]});
    } catch (const ringview::Error& error) {
        std::printf("    %s\n", error.what());
        refused = error.code() == ringview::Error::no_daemon;
    }
    expect(refused, "connecting where no daemon listens throws Error::no_daemon");
    return failures == 0 ? 0 : 1;
}
