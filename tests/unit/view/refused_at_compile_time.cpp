// Compiled once a case, each of which must be refused.
#include <string>

#include <ringview/view/memory_view.hpp>

struct Plain {
    int value;
};
struct Base {
    int value;
};
BOOST_DESCRIBE_STRUCT(Base, (), (value))
struct Derived : Base {};
BOOST_DESCRIBE_STRUCT(Derived, (Base), ())
class Hidden {
    int value = 0;
    BOOST_DESCRIBE_CLASS(Hidden, (), (), (), (value))
};
struct Partial {
    double listed;
    double forgotten;
};
BOOST_DESCRIBE_STRUCT(Partial, (), (listed))
struct Node {
    int value;
    Node* next;
};
BOOST_DESCRIBE_STRUCT(Node, (), (value, next))

void refused() {
#if defined(CASE_pointer)
    ringview::format_of<int*>();
#elif defined(CASE_undescribed)
    ringview::format_of<Plain>();
#elif defined(CASE_string)
    ringview::format_of<std::string>();
#elif defined(CASE_base)
    ringview::format_of<Derived>();
#elif defined(CASE_private_member)
    ringview::format_of<Hidden>();
#elif defined(CASE_missing_member)
    ringview::format_of<Partial>();
#elif defined(CASE_pointer_member)
    ringview::format_of<Node>();
#elif defined(CASE_long_double)
    ringview::format_of<long double>();
#elif defined(CASE_write_through_const)
    ringview::MemoryView().as<const int, 1>()(0) = 1;
#endif
}
