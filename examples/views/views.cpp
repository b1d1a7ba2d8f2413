#include <cstdint>
#include <iostream>
#include <vector>

#include <boost/describe.hpp>
#include <ringview/ringview.hpp>

struct Quote {
    double bid, ask;
    std::uint32_t size;
};
BOOST_DESCRIBE_STRUCT(Quote, (), (bid, ask, size))

int main() {
    using ringview::MemoryView;

    std::vector<std::int16_t> samples{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    const MemoryView grid = MemoryView::of(samples, {3, 4});  // h, (3, 4): no copy
    std::cout << grid.tolist().text() << '\n';
    std::cout << grid[-1].view().tolist().text() << '\n';            // the last row
    std::cout << grid.slice(1, {}, {}, -2).tolist().text() << '\n';  // every other column, backwards
    grid.slice(0, 0, 1).copy_from(grid.slice(0, 2, 3));              // row 0 = row 2
    grid.set({1, 1}, 500);
    std::cout << samples[0] << ' ' << samples[5] << '\n';  // the vector itself was written

    const auto typed = grid.as<std::int16_t, 2>();  // checked once
    std::cout << typed(2, 3) << '\n';               // indexed without checks

    std::vector<Quote> quotes{{1.5, 2.5, 10}};
    const MemoryView records = MemoryView::of(quotes).to_readonly();
    std::cout << records.format().text() << '\n' << records.tolist().text() << '\n';
    try {
        records.set({0}, 1);
    } catch (const ringview::ViewError& error) {
        std::cout << error.what() << '\n';
    }

    const ringview::MappedFile program("/proc/self/exe");  // any file of any size: nothing is read yet
    const MemoryView magic = program.view().slice(0, 1, 4);
    std::cout << magic.cast("c").tolist().text() << '\n';
}
