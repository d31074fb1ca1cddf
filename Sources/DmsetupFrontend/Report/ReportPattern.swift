/// A regular expression of a selection, in the dialect of libdevmapper: characters, `.`, sets, `*`, `+`, `?`, `|`, parentheses, `^` and `$`.
///
/// It is found anywhere in a text. `^` and `$` are characters at the ends of the text, which `[^...]` and `.` match, too.
struct ReportPattern {
    /// What cannot be read, which was told.
    struct Failure: Error {}

    /// The bytes that stand for the ends of a text.
    private static let begin: UInt8 = 2
    private static let end: UInt8 = 3
    /// The byte that stands behind every expression: where it could be read, the expression was found.
    private static let target: UInt8 = 0

    private indirect enum Node {
        case set(Set<UInt8>)
        case sequence(Node, Node)
        case alternatives(Node, Node)
        case repeated(Node, least: Int, isOnce: Bool)
    }

    /// A state of the automaton: reads a byte of a set, or goes on without one.
    private enum State {
        case read(Set<UInt8>, next: Int)
        case jump([Int])
    }

    private var states: [State] = []
    private let start: Int

    /// Messages go to `log`, also such that keep nothing from being found.
    init(_ text: String, log: (String) -> Void) throws(Failure) {
        var parser = Parser(text)
        let node = parser.parse()
        for message in parser.messages { log(message) }
        guard let node else { throw Failure() }
        start = Self.add(node, next: 0, to: &states)
    }

    func isFound(in text: String) -> Bool {
        var active: Set<Int> = []
        if follow(start, &active) { return true }
        for byte in [Self.begin] + Array(text.utf8) + [Self.end] {
            var next: Set<Int> = []
            for state in active {
                if case .read(let set, let following) = states[state], set.contains(byte), follow(following, &next) { return true }
            }
            active = next
        }
        return false
    }

    /// Adds what can be reached from a state without reading; tells whether the target could be read there.
    private func follow(_ state: Int, _ reached: inout Set<Int>) -> Bool {
        var isFound = false
        var waiting = [state]
        while let state = waiting.popLast() {
            guard reached.insert(state).inserted else { continue }
            switch states[state] {
            case .read(let set, next: _): isFound = isFound || set.contains(Self.target)
            case .jump(let targets): waiting += targets
            }
        }
        return isFound
    }

    /// Adds the states of a part behind which `next` follows, and returns its first.
    private static func add(_ node: Node, next: Int, to states: inout [State]) -> Int {
        switch node {
        case .set(let set):
            states.append(.read(set, next: next))
        case .sequence(let first, let second):
            let second = add(second, next: next, to: &states)
            return add(first, next: second, to: &states)
        case .alternatives(let one, let other):
            let targets = [add(one, next: next, to: &states), add(other, next: next, to: &states)]
            states.append(.jump(targets))
        case .repeated(let part, let least, let isOnce):
            let fork = states.count
            states.append(.jump([]))
            let first = add(part, next: isOnce ? next : fork, to: &states)
            states[fork] = .jump([first, next])
            return least > 0 ? first : fork
        }
        return states.count - 1
    }

    // MARK: parsing

    private struct Parser {
        private enum Token: Equatable {
            case set(Set<UInt8>)
            case symbol(UInt8)
            /// The end, or what cannot be read.
            case none
        }

        private var rest: ArraySlice<UInt8>
        private var token = Token.none
        private(set) var messages: [String] = []

        init(_ text: String) {
            // An expression is part of one that finds it anywhere. What is too much in it ends that one, and is not looked at.
            rest = Array("(.*(\(text))".utf8) + [ReportPattern.target, UInt8(ascii: ")")]
        }

        mutating func parse() -> Node? {
            advance()
            let node = parseAlternatives()
            if node == nil { messages += ["Parse error in regex", "Couldn't parse regex"] }
            return node
        }

        private mutating func parseAlternatives() -> Node? {
            guard let first = parseSequence() else { return nil }
            guard token == .symbol(UInt8(ascii: "|")) else { return first }
            advance()
            guard let second = parseAlternatives() else {
                messages.append("Badly formed 'or' expression")
                return nil
            }
            return .alternatives(first, second)
        }

        private mutating func parseSequence() -> Node? {
            guard let first = parseRepeated() else { return nil }
            guard token != .symbol(UInt8(ascii: "|")), let second = parseSequence() else { return first }
            return .sequence(first, second)
        }

        private mutating func parseRepeated() -> Node? {
            guard var node = parseTerm() else { return nil }
            while case .symbol(let symbol) = token {
                switch symbol {
                case UInt8(ascii: "*"): node = .repeated(node, least: 0, isOnce: false)
                case UInt8(ascii: "+"): node = .repeated(node, least: 1, isOnce: false)
                case UInt8(ascii: "?"): node = .repeated(node, least: 0, isOnce: true)
                default: return node
                }
                advance()
            }
            return node
        }

        private mutating func parseTerm() -> Node? {
            if case .set(let set) = token {
                advance()
                return .set(set)
            }
            guard token == .symbol(UInt8(ascii: "(")) else { return nil }
            advance()
            let node = parseAlternatives()
            guard token == .symbol(UInt8(ascii: ")")) else {
                messages.append("missing ')' in regular expression")
                return nil
            }
            advance()
            return node
        }

        private mutating func advance() {
            guard let byte = rest.popFirst() else {
                token = .none
                return
            }
            switch byte {
            case UInt8(ascii: "["): token = takeSet().map(Token.set) ?? .none
            case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "|"):
                token = .symbol(byte)
            case UInt8(ascii: "^"): token = .set([ReportPattern.begin])
            case UInt8(ascii: "$"): token = .set([ReportPattern.end])
            case UInt8(ascii: "."): token = .set(Set(1...255).subtracting([UInt8(ascii: "\n"), UInt8(ascii: "\r")]))
            case UInt8(ascii: "\\"): token = rest.popFirst().map { .set([Self.escaped($0)]) } ?? .none
            default: token = .set([byte])
            }
        }

        private static func escaped(_ byte: UInt8) -> UInt8 {
            switch byte {
            case UInt8(ascii: "n"): UInt8(ascii: "\n")
            case UInt8(ascii: "r"): UInt8(ascii: "\r")
            case UInt8(ascii: "t"): UInt8(ascii: "\t")
            default: byte
            }
        }

        /// What is between `[` and `]`; `nil` without the latter.
        private mutating func takeSet() -> Set<UInt8>? {
            let isNegated = rest.first == UInt8(ascii: "^")
            if isNegated { rest.removeFirst() }
            var set: Set<UInt8> = []
            var last: UInt8?
            while let byte = rest.popFirst(), byte != UInt8(ascii: "]") {
                if byte == UInt8(ascii: "-"), let first = last, let end = rest.popFirst() {
                    set.formUnion(min(first, end)...max(first, end))
                    last = end
                } else {
                    let plain = byte == UInt8(ascii: "\\") ? rest.popFirst().map(Self.escaped) ?? byte : byte
                    set.insert(plain)
                    last = plain
                }
                if rest.isEmpty { return nil }
            }
            return isNegated ? Set(1...255).subtracting(set) : set
        }
    }
}
