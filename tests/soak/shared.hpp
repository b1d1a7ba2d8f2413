#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <stdexcept>

namespace ringview::soak {

/// Objects that this process shares with those that it forks, all zero at first. Pages come as they are used.
template <class T>
class Shared {
 public:
    explicit Shared(std::size_t count = 1)
        : bytes_(count * sizeof(T)),
          objects_(static_cast<T*>(
              mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
        if (objects_ == MAP_FAILED) throw std::runtime_error("no memory to share with other processes");
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { munmap(objects_, bytes_); }

    T& operator[](std::size_t index) const noexcept { return objects_[index]; }
    T& operator*() const noexcept { return *objects_; }
    T* operator->() const noexcept { return objects_; }

 private:
    std::size_t bytes_;
    T* objects_;
};

}  // namespace ringview::soak
