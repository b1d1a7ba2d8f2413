#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <ringview/ringview.hpp>

#include "demo.hpp"

namespace ringview::cli::demo {
namespace {

using Clock = std::chrono::steady_clock;

class Sha256 {
 public:
    Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
    void add(std::span<const std::byte> bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }
    std::string hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned bytes = 0;
        EVP_DigestFinal_ex(context_.get(), digest.data(), &bytes);
        return fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + bytes, ""));
    }

 private:
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

void save(const FileResult& result, const std::string& path) {
    std::ofstream(path) << result.bytes << ' ' << result.seconds << ' ' << result.most_lag << ' ' << result.sha256
                        << '\n';
}

FileResult load(const std::string& path) {
    FileResult result;
    std::ifstream file(path);
    if (!(file >> result.bytes >> result.seconds >> result.most_lag >> result.sha256)) {
        throw Error(Error::system, "a process of the demo left no result");
    }
    return result;
}

FileResult produce_file(const std::string& socket, const std::string& path, std::uint64_t least_bytes,
                        const BeforeLeaving& before_leaving) {
    const MappedFile file(path);
    const MemoryView source = file.view();
    if (source.nbytes() == 0) throw Error(Error::invalid, path + " is empty");
    const std::uint64_t rounds = std::max<std::uint64_t>(1, (least_bytes + source.nbytes() - 1) / source.nbytes());
    Producer<> producer = Client::connect({.socket = socket}).producer(file_ring, {.name = "reader"});
    FileResult result;
    Sha256 sha;
    const Clock::time_point begin = Clock::now();
    for (std::uint64_t round = 0; round < rounds; ++round) {
        for (std::size_t offset = 0; offset < source.nbytes(); offset += file_slot_bytes) {
            const std::span<const std::byte> piece =
                source.bytes().subspan(offset, std::min<std::size_t>(file_slot_bytes, source.nbytes() - offset));
            Slot<> slot = producer.reserve();
            if (!slot) throw std::system_error(slot.error(), file_ring);
            slot.resize(piece.size());
            std::memcpy(slot.bytes().data(), piece.data(), piece.size());
            sha.add(slot.bytes());
            slot.publish();
            result.bytes += piece.size();
        }
    }
    // A message of no bytes is the end.
    Slot<> end = producer.reserve();
    end.resize(0);
    end.publish();
    result.seconds = seconds_since(begin);
    result.sha256 = sha.hex();
    before_leaving();
    return result;
}

FileResult consume_file(const std::string& socket, const std::string& name, const BeforeLeaving& before_leaving) {
    Consumer<> consumer =
        Client::connect({.socket = socket}).consumer(file_ring, {.name = name, .start = Start::oldest});
    FileResult result;
    Sha256 sha;
    Clock::time_point begin = Clock::now();
    for (;;) {
        const Message<> message = consumer.next();
        if (!message) throw std::system_error(message.error(), file_ring);
        if (result.bytes == 0) begin = Clock::now();
        if (message.bytes().empty()) break;
        sha.add(message.bytes());
        result.bytes += message.bytes().size();
        result.most_lag = std::max(result.most_lag, consumer.lag());
    }
    result.seconds = seconds_since(begin);
    result.sha256 = sha.hex();
    before_leaving();
    return result;
}

}  // namespace ringview::cli::demo
