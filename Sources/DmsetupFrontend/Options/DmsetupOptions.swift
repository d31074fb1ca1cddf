internal import StorageUnits

/// What a command line says: the options, the verb and its operands.
package struct DmsetupOptions {
    /// How often each option was given.
    private var counts: [DmsetupOption: Int] = [:]
    /// The argument that an option was last given.
    private var arguments: [DmsetupOption: String] = [:]
    /// The file mode of new nodes.
    private(set) var mode: UInt32?
    private(set) var readAhead = ReadAhead.auto
    private(set) var mangling: StringMangling?
    private(set) var cookie: UInt32 = 0
    /// The verb, and all behind it.
    private(set) var operands: [String] = []

    /// A mistake on the command line; where it has a text, that is yet to be told.
    package struct Failure: Error {
        var messages: [String]
    }

    package init() {}

    package func callAsFunction(_ option: DmsetupOption) -> Bool { counts[option] != nil }
    func count(_ option: DmsetupOption) -> Int { counts[option] ?? 0 }
    func argument(_ option: DmsetupOption) -> String? { arguments[option] }
    func integer(_ option: DmsetupOption) -> Int32 { arguments[option].map { CNumber.integer($0) } ?? 0 }

    /// Sets an option that a verb implies.
    mutating func set(_ option: DmsetupOption, _ argument: String? = nil) {
        counts[option, default: 0] += 1
        arguments[option] = argument ?? arguments[option]
    }

    mutating func clear(_ option: DmsetupOption) { counts[option] = nil }

    /// The number that `--major` and `--minor` give.
    var number: (major: Int32, minor: Int32)? {
        self(.major) && self(.minor) ? (integer(.major), integer(.minor)) : nil
    }

    /// Reads a command line. Some options have an effect although a later one is wrong: `--help` and `--version` decide about the exit status.
    package mutating func read(_ words: [String], program: String, stopsAtOperand: Bool, warn: (String) -> Void) throws(Failure) {
        let line = DmsetupOption.grammar.parse(words, stopsAtOperand: stopsAtOperand)
        for (option, argument) in line.options {
            set(option, argument)
            if let argument { try read(option, argument, warn) }
        }
        if let failure = line.failure { throw Failure(messages: ["\(program): \(failure)"]) }
        guard self(.major) == self(.minor) else { throw Failure(messages: ["Please specify both major number and minor number."]) }
        guard !self(.table) || !self(.noTable) else { throw Failure(messages: ["--table and --notable are incompatible."]) }
        guard !self(.addNodeOnResume) || !self(.addNodeOnCreate) else {
            throw Failure(messages: ["--addnodeonresume and --addnodeoncreate are incompatible."])
        }
        operands = line.operands
    }

    private mutating func read(_ option: DmsetupOption, _ argument: String, _ warn: (String) -> Void) throws(Failure) {
        switch option {
        case .count:
            guard CNumber.integer(argument) >= 0 else { throw Failure(messages: ["Count must be zero or greater."]) }
        case .interval:
            guard CNumber.integer(argument) > 0 else { throw Failure(messages: ["Interval must be a positive integer."]) }
        case .mode:
            guard let mode = CNumber.whole(argument, radix: 8).map({ UInt32(truncatingIfNeeded: $0) }), mode != 0 else {
                throw Failure(messages: ["Invalid argument for --mode: \(argument). "])
            }
            self.mode = mode
        case .mangleName:
            guard let mangling = StringMangling(option: argument) else { throw Failure(messages: ["Unknown name mangling mode."]) }
            self.mangling = mangling
        case .readAhead:
            switch argument.lowercased() {
            case "auto": readAhead = .auto
            case "none": readAhead = .none
            default:
                let sectors = CNumber.integer(argument)
                guard sectors >= -1 else {
                    throw Failure(messages: ["Negative read ahead value (\(sectors)) is not understood."])
                }
                let isMinimum = argument.first { !CNumber.isSpace($0.asciiValue ?? 0) } == "+"
                readAhead = sectors == -1 ? .auto : isMinimum ? .atLeast(UInt32(sectors)) : .exactly(UInt32(sectors))
            }
        case .udevCookie: cookie = DmsetupCookie.value(argument, warn) ?? 0
        default: break
        }
    }
}

/// How far the kernel reads ahead of what a device is asked for, in sectors: `--readahead`.
enum ReadAhead: Equatable {
    /// As the kernel has it.
    case auto
    case none
    case exactly(UInt32)
    case atLeast(UInt32)
}
