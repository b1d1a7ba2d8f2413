#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <ringview/platform/error.hpp>
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

std::size_t round_up_to_page(std::size_t bytes) {
    return (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
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
    GuardedPages(int fd, std::uint64_t page_offset, std::size_t bytes, Access access)
        : mapped_bytes_(round_up_to_page(bytes)) {
        const std::size_t reserved = mapped_bytes_ + 2 * page_bytes();
        void* reservation = mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (reservation == MAP_FAILED) {
            throw Error::from_errno("cannot reserve " + std::to_string(reserved) + " bytes of address space", errno);
        }
        front_guard_ = static_cast<std::byte*>(reservation);
        if (bytes == 0) return;
        try {
            const auto mode = access == Access::read_only ? ipc::read_only : ipc::read_write;
            region_ = ipc::mapped_region(Descriptor(fd), mode, static_cast<ipc::offset_t>(page_offset), bytes, begin(),
                                         MAP_FIXED);
        } catch (const ipc::interprocess_exception& error) {
            munmap(reservation, reserved);
            throw Error::from_errno("cannot map " + std::to_string(bytes) + " bytes", error.get_native_error());
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
    const std::size_t lead = static_cast<std::size_t>(offset % page_bytes());
    pages_ = std::make_unique<GuardedPages>(fd, offset - lead, bytes == 0 ? 0 : lead + bytes, access);
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
