#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

/// Options that take a whole number, or several.
namespace ringview::cli {

/// Decimal digits, of a number that is `least` or more and that a Number holds. The complaint about anything else
/// quotes it.
template <class Number>
CLI::Validator whole_number(Number least) {
    const auto complaint = [least](std::string& text) {
        Number number = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        if (error != std::errc{} || stop != end || number < least) {
            return "a whole number from " + std::to_string(least) + " to " +
                   std::to_string(std::numeric_limits<Number>::max()) + " was expected, not '" + text + "'";
        }
        // Without the leading zeros that CLI11 would take for octal.
        text = std::to_string(number);
        return std::string{};
    };
    return {complaint, ""};
}

template <class Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& number, const std::string& description,
                        Number least = 0) {
    return command.add_option(name, number, description)->type_name("N")->transform(whole_number<Number>(least));
}

/// Each `least` or more, separated by commas.
template <class Number>
CLI::Option* add_numbers(CLI::App& command, const std::string& name, std::vector<Number>& numbers, Number least,
                         const std::string& description) {
    return command.add_option(name, numbers, description)
        ->delimiter(',')
        ->type_name("N,N,...")
        ->transform(whole_number<Number>(least));
}

}  // namespace ringview::cli
