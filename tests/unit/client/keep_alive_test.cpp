#include <memory>

#include <gtest/gtest.h>
#include <ringview/detail/keep_alive.hpp>

namespace ringview::detail {
namespace {

/// Counts those that live.
struct Core {
    explicit Core(int& living_cores) : living(living_cores) { ++living; }
    Core(const Core&) = delete;
    Core& operator=(const Core&) = delete;
    ~Core() { --living; }

    bool is_in_use() const noexcept { return handed_out != 0; }
    void become_orphan() noexcept { is_orphaned = true; }

    int& living;
    int handed_out = 0;
    bool is_orphaned = false;
};

/// What a handle gives out: a slot or a message.
class Loan {
 public:
    explicit Loan(Core* core) : core_(core) { ++core_->handed_out; }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() {
        --core_->handed_out;
        delete_if_orphaned(core_);
    }

 private:
    Core* core_;
};

TEST(KeepAlive, ACoreThatGaveNothingOutGoesWithItsHandle) {
    int living = 0;
    CorePtr<Core> handle(new Core(living));
    ASSERT_EQ(living, 1);
    handle.reset();
    EXPECT_EQ(living, 0);
}

TEST(KeepAlive, ALoanThatComesBackFirstLeavesTheCoreToItsHandle) {
    int living = 0;
    CorePtr<Core> handle(new Core(living));
    { const Loan loan(handle.get()); }
    EXPECT_EQ(living, 1);
    handle.reset();
    EXPECT_EQ(living, 0);
}

TEST(KeepAlive, ACoreOutlivesItsHandleUntilTheLastLoanComesBack) {
    int living = 0;
    CorePtr<Core> handle(new Core(living));
    auto first = std::make_unique<Loan>(handle.get());
    auto second = std::make_unique<Loan>(handle.get());
    handle.reset();
    EXPECT_EQ(living, 1);
    first.reset();
    EXPECT_EQ(living, 1);
    second.reset();
    EXPECT_EQ(living, 0);
}

TEST(KeepAlive, AHandleThatIsMovedTakesItsCoreAlong) {
    int living = 0;
    CorePtr<Core> handle(new Core(living));
    auto loan = std::make_unique<Loan>(handle.get());
    CorePtr<Core> moved = std::move(handle);
    loan.reset();
    EXPECT_EQ(living, 1);
    moved.reset();
    EXPECT_EQ(living, 0);
}

}  // namespace
}  // namespace ringview::detail
