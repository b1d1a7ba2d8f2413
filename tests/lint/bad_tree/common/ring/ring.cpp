// syscall(SYS_futex) and <boost/interprocess/mapped_region.hpp> in a comment harm nobody, nor does a call of the
// platform:
#include <boost/interprocess/mapped_region.hpp>  // REFUSED
#include <ringview/control/packet.hpp>           // REFUSED
#include <ringview/layout/header.hpp>
#include <ringview/layout/no_such_header.hpp>  // REFUSED
/* #include <ringview/view/view.hpp> */
void wait(int* word) {
    platform::mmap(word);
    log("syscall(SYS_futex) failed");
    syscall(202, word, FUTEX_WAIT, 0);  // REFUSED
    mmap(nullptr, 1);                   // REFUSED
    _mm_pause();                        // REFUSED
}
