#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <ringview/platform/error.hpp>
#include <ringview/platform/huge_pages.hpp>
#include <ringview/platform/mapping.hpp>
#include <ringview/platform/unique_fd.hpp>

namespace ringview::platform {
namespace {

namespace ipc = boost::interprocess;

/// What Boost's mapped_region wants of a mappable: the descriptor came from elsewhere.
class Descriptor {
 public:
    explicit Descriptor(int fd) : handle_{fd, false} {}
    ipc::mapping_handle_t get_mapping_handle() const { return handle_; }

 private:
    ipc::mapping_handle_t handle_;
};

std::size_t page_bytes() {
    return ipc::mapped_region::get_page_size();
}

std::uintptr_t round_up(std::uintptr_t value, std::size_t step) {
    return (value + step - 1) / step * step;
}

/// What a mapping of this file consists of: reserved huge pages where that is what the file is made of.
std::size_t page_bytes_of(int fd) {
    constexpr std::uint32_t hugetlbfs = 0x958458f6;  // linux/magic.h
    struct statfs facts {};
    if (fstatfs(fd, &facts) != 0) throw Error::from_errno("cannot stat a descriptor", errno);
    return static_cast<std::uint32_t>(facts.f_type) == hugetlbfs ? static_cast<std::size_t>(facts.f_bsize)
                                                                 : page_bytes();
}

/// What is a whole number of huge pages begins with one, or its memory could not be mapped by them.
std::size_t alignment_of(std::size_t bytes, std::size_t page) {
    const std::size_t huge_page = transparent_huge_page_bytes();
    return bytes != 0 && bytes % huge_page == 0 ? std::max(page, huge_page) : page;
}

}  // namespace

std::uint64_t file_bytes(int fd) {
    struct stat facts {};
    if (fstat(fd, &facts) != 0) throw Error::from_errno("cannot stat a descriptor", errno);
    return static_cast<std::uint64_t>(facts.st_size);
}

/// guard page | the file's pages | guard page. The two guards and the region between them are unmapped each by itself:
/// an unmap across all three could hit what another thread has mapped into the middle meanwhile.
class Mapping::GuardedPages {
 public:
    /// `file_page`: what the file's pages are made of.
    GuardedPages(int fd, std::uint64_t page_offset, std::size_t bytes, Access access, std::size_t file_page,
                 const std::string& name)
        : mapped_bytes_(round_up(bytes, file_page)) {
        reserve(alignment_of(mapped_bytes_, file_page));
        if (bytes == 0) return;
        try {
            const auto mode = access == Access::read_only ? ipc::read_only : ipc::read_write;
            region_ = ipc::mapped_region(Descriptor(fd), mode, static_cast<ipc::offset_t>(page_offset), mapped_bytes_,
                                         begin(), MAP_FIXED);
        } catch (const ipc::interprocess_exception& error) {
            munmap(front_guard_, mapped_bytes_ + 2 * page_bytes());
            throw Error::from_errno("cannot map " + std::to_string(bytes) + " bytes of " + name,
                                    error.get_native_error());
        }
    }
    GuardedPages(const GuardedPages&) = delete;
    GuardedPages& operator=(const GuardedPages&) = delete;
    ~GuardedPages() {
        munmap(front_guard_, page_bytes());
        munmap(begin() + mapped_bytes_, page_bytes());
    }

    std::byte* begin() const noexcept { return front_guard_ + page_bytes(); }

 private:
    /// Address space for the pages at a multiple of `alignment`, and for the guards around them.
    void reserve(std::size_t alignment) {
        const std::size_t kept = mapped_bytes_ + 2 * page_bytes();
        const std::size_t reserved = kept + alignment - page_bytes();
        void* reservation = mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (reservation == MAP_FAILED) {
            throw Error::from_errno("cannot reserve " + std::to_string(reserved) + " bytes of address space", errno);
        }
        auto* const first = static_cast<std::byte*>(reservation);
        const auto address = reinterpret_cast<std::uintptr_t>(first) + page_bytes();
        const std::size_t before = round_up(address, alignment) - address;
        const std::size_t behind = reserved - kept - before;
        front_guard_ = first + before;
        if (before != 0) munmap(first, before);
        if (behind != 0) munmap(front_guard_ + kept, behind);
    }

    std::size_t mapped_bytes_;
    std::byte* front_guard_ = nullptr;
    ipc::mapped_region region_;
};

Mapping::Mapping(int fd, std::uint64_t offset, std::size_t bytes, Access access, const std::string& name) {
    const std::uint64_t in_file = file_bytes(fd);
    if (offset > in_file || bytes > in_file - offset) {
        throw Error(Error::corrupt, name + " has " + std::to_string(in_file) + " bytes, " + std::to_string(bytes) +
                                        " were expected from byte " + std::to_string(offset) + " on");
    }
    const std::size_t file_page = page_bytes_of(fd);
    const std::size_t lead = static_cast<std::size_t>(offset % file_page);
    pages_ = std::make_unique<GuardedPages>(fd, offset - lead, bytes == 0 ? 0 : lead + bytes, access, file_page, name);
    data_ = pages_->begin() + lead;
    size_ = bytes;
}

Mapping::Mapping() noexcept = default;
Mapping::Mapping(Mapping&&) noexcept = default;
Mapping& Mapping::operator=(Mapping&&) noexcept = default;
Mapping::~Mapping() = default;

Mapping::Mapping(int fd, std::size_t bytes, Access access) : Mapping(fd, 0, bytes, access, "the shared memory") {}

Mapping Mapping::of_file(const std::string& path, std::uint64_t offset, std::size_t bytes, Access access) {
    const UniqueFd fd(open(path.c_str(), (access == Access::read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC));
    if (!fd.is_open()) throw Error::from_errno("cannot open " + path, errno);
    return {fd.get(), offset, bytes, access, path};
}

}  // namespace ringview::platform
