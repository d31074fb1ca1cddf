import DmsetupFrontend
import Testing

@Suite("options, as getopt_long reads them")
struct OptionGrammarTests {
    private enum Option: String, Sendable {
        case name, nameless, noName, size, verbose
    }

    private let grammar = OptionGrammar<Option>(
        long: [
            .init(name: "name", takesArgument: true, option: .name), .init(name: "nameless", takesArgument: false, option: .nameless),
            .init(name: "noname", takesArgument: false, option: .noName), .init(name: "size", takesArgument: true, option: .size),
        ],
        letters: ["n": (.name, true), "v": (.verbose, false)])

    private func read(_ words: String..., stopsAtOperand: Bool = false) -> [String] {
        let result = grammar.parse(words, stopsAtOperand: stopsAtOperand)
        return result.options.map { "\($0.option)" + ($0.argument.map { "=\($0)" } ?? "") } + result.operands.map { "<\($0)>" }
            + (result.failure.map { [$0] } ?? [])
    }

    @Test("options and operands are mixed, and -- ends the options")
    func mixed() {
        #expect(read("a", "-v", "b", "--name", "x", "c") == ["verbose", "name=x", "<a>", "<b>", "<c>"])
        #expect(read("a", "--", "-v", "--name") == ["<a>", "<-v>", "<--name>"])
        #expect(read("-", "-v") == ["verbose", "<->"])
    }

    @Test("with POSIXLY_CORRECT the first operand ends the options")
    func stopsAtOperand() {
        #expect(read("-v", "a", "-v", stopsAtOperand: true) == ["verbose", "<a>", "<-v>"])
    }

    @Test("arguments stand behind =, in the next word, or behind the letter")
    func arguments() {
        #expect(read("--name=a=b") == ["name=a=b"])
        #expect(read("--name=") == ["name="])
        #expect(read("--name", "-v") == ["name=-v"])
        #expect(read("-na") == ["name=a"])
        #expect(read("-vna", "-v") == ["verbose", "name=a", "verbose"])
        #expect(read("-vn", "a") == ["verbose", "name=a"])
    }

    @Test("long options can be abbreviated, and a whole name is no abbreviation")
    func abbreviations() {
        #expect(read("--si", "1") == ["size=1"])
        #expect(read("--no") == ["noName"])
        #expect(read("--name", "x") == ["name=x"])
        #expect(read("--n", "x") == ["option '--n' is ambiguous; possibilities: '--name' '--nameless' '--noname'"])
    }

    @Test("mistakes are told in the words of the C library, and end the reading")
    func mistakes() {
        #expect(read("-v", "--bogus=1", "-v") == ["verbose", "unrecognized option '--bogus=1'"])
        #expect(read("--nameless=x") == ["option '--nameless' doesn't allow an argument"])
        #expect(read("--siz") == ["option '--size' requires an argument"])
        #expect(read("-vZ") == ["verbose", "invalid option -- 'Z'"])
        #expect(read("-n") == ["option requires an argument -- 'n'"])
    }
}
