public import StorageUnits

/// One device that is reached over several paths, in groups of which one is used at a time: what multipathd sets up.
public struct MultipathTarget: Target {
    public static let typeName = "multipath"
    public static let syntax = TargetSyntax(
        summary: "One device that is reached over several paths, in groups of which one is used at a time.",
        usage: """
            <number of feature words> <feature>... <number of handler words> [<handler> <word>...] <number of groups> <initial group> \
            (<selector> <number of selector words> <word>... <number of paths> <number of words a path> (<device> <word>...)...)...
            """,
        options: [
            .init("queue_if_no_path", "Requests wait while no path works; without it they fail."),
            .init("pg_init_retries <N>", "How often the initialisation of a group is tried again: 1 to 50, by default not at all."),
            .init("pg_init_delay_msecs <N>", "How long to wait before that, in milliseconds: 0 to 60000, by default 2000."),
            .init("retain_attached_hw_handler", "The hardware handler that a device already has is kept."),
            .init(
                "queue_mode <bio|rq|mq>",
                "How requests are passed on; mq is rq, the default. bio suits devices that take no requests, as loop."),
            .init("<handler> <word>...", "The kernel's handler for the storage, such as alua, emc, rdac or hp_sw, and its settings."),
            .init("round-robin", "One path after the other. A path's word: the repeat count, which newer kernels take for 1."),
            .init("queue-length", "The path with the fewest requests on their way. A path's word: the repeat count."),
            .init(
                "service-time",
                "The path that should be done first. A path's words: the repeat count, and its relative throughput, 0 to 100."),
            .init(
                "historical-service-time <weight> <threshold>",
                "The path that was fastest. The weight of the past is 0 to 1023 of 1024, 972 by default. A path's word: the repeat count. Linux 5.8."
            ),
            .init("io-affinity", "The path of the CPU. A path's word: its CPUs, a mask in hexadecimal digits. Linux 5.11."),
        ],
        messages: [
            .init("queue_if_no_path", "Requests wait while no path works."),
            .init("fail_if_no_path", "Requests fail while no path works, those that wait too."),
            .init("disable_group <N>", "Group N, from 1, is used only if no other one works."),
            .init("enable_group <N>", "Group N, from 1, is used as any other."),
            .init("switch_group <N>", "Group N, from 1, is used from now on, and no group is disabled."),
            .init("fail_path <device>", "The path is not used."),
            .init("reinstate_path <device>", "The path is used again."),
        ],
        status: [
            .init("2 <queueing> <initialisations>", "Whether requests wait for a group, and how often the initialisation was tried."),
            .init("<number of handler words> <word>...", "What the hardware handler tells: nothing on newer kernels."),
            .init("<number of groups> <group>", "How many groups there are, and which is next, from 1."),
            .init("<state>", "Of each group: A active, E enabled, D disabled."),
            .init("<number of selector words> <word>...", "What its selector tells."),
            .init("<number of paths> <number of words a path>", "What follows for its paths."),
            .init("<device> <A|F> <failures> <word>...", "The path, whether it is active or failed, how often it failed, and its load."),
        ],
        examples: [
            .init(length: 32768, "0 0 1 1 round-robin 0 2 1 8:0 1 8:16 1"),
            .init(
                length: 32768,
                "2 queue_if_no_path retain_attached_hw_handler 1 alua 2 1 service-time 0 2 2 8:0 1 100 8:16 1 0 queue-length 0 1 1 8:32 1"),
            .init(length: 32768, "6 pg_init_retries 50 pg_init_delay_msecs 0 queue_mode bio 0 1 1 round-robin 0 1 1 /dev/sda 1000"),
            .init(length: 32768, "2 queue_mode mq 3 rdac 1 x 1 1 historical-service-time 2 972 10 2 1 8:0 1 8:16 1"),
            .init(length: 32768, "2 queue_mode rq 0 2 2 io-affinity 0 2 1 8:0 3 8:16 1,0000000c service-time 0 1 2 8:32 1 1"),
            .init(length: 32768, "0 0 0 0"),
        ],
        messageExamples: [
            "queue_if_no_path", "fail_if_no_path", "disable_group 1", "enable_group 2", "switch_group 1024", "fail_path 8:0",
            "reinstate_path /dev/sda",
        ],
        statusExamples: [
            "2 0 0 0 1 1 A 0 2 0 7:0 F 1 7:1 A 0", "2 0 0 0 2 1 A 0 1 2 7:0 A 0 0 1 E 0 1 1 7:1 A 0 0",
            "2 1 3 0 1 1 D 2 972 0 1 3 8:0 F 4294967295 1024 0 0", "2 0 0 0 0 0", "2 0 0 2 1 0 1 1 E 0 1 0 8:0 A 0",
        ])

    /// What becomes of requests and paths.
    public var features: Features
    /// The kernel's handler for the storage, which initialises groups.
    public var handler: Handler?
    /// The group that is used first, from 1; 0 when there are no groups. A kernel prints the one that is next.
    public var initialGroup: UInt32
    /// The groups, the best first: up to 1024.
    public var groups: [Group]

    /// The kernel's handler for the storage.
    public struct Handler: Hashable, Sendable {
        /// Its name, such as `alua`.
        public var name: String
        /// Its settings: up to 1023 words, which kernels do not print.
        public var words: [String]

        /// The handler of that name.
        public init(_ name: String, words: [String] = []) {
            self.name = name
            self.words = words
        }
    }

    /// Paths in `groups`, of which the first is used first.
    public init(groups: [Group], features: Features = Features(), handler: Handler? = nil) {
        self.init(groups: groups, initialGroup: groups.isEmpty ? 0 : 1, features: features, handler: handler)
    }

    /// Paths in `groups`, of which `initialGroup`, from 1, is used first.
    public init(groups: [Group], initialGroup: UInt32, features: Features = Features(), handler: Handler? = nil) {
        self.groups = groups
        self.initialGroup = initialGroup
        self.features = features
        self.handler = handler
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        var features = Features()
        try arguments.options("feature words", limit: 8, isRequired: true) { (words) throws(TableError) in try features.read(&words) }
        self.features = features
        var handlerWords: [String] = []
        try arguments.options("handler words", limit: 1024, isRequired: true) { (words) throws(TableError) in
            handlerWords.append(try words.word("handler"))
        }
        handler = handlerWords.first.map { Handler($0, words: Array(handlerWords.dropFirst())) }
        let count = try arguments.number("number of groups", in: 0...1024)
        initialGroup = try arguments.number32("initial group", in: count == 0 ? 0...0 : 1...UInt32(count))
        groups = []
        // Never more rounds than there are words: the first that is missing throws.
        for _ in 0..<count { groups.append(try Group(parsing: &arguments)) }
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(counted: features.words)
        arguments.append(counted: handlerWords)
        arguments.append(groups.count)
        arguments.append(initialGroup)
        for group in groups { group.write(to: &arguments) }
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        for index in groups.indices { groups[index].mapDevices(transform) }
    }

    public var unknownWords: [String] {
        features.unknown
            + groups.flatMap { group in
                guard case .other(let other) = group else { return [String]() }
                return [other.selector] + other.words + other.paths.flatMap(\.words)
            }
    }

    private var handlerWords: [String] { handler.map { [$0.name] + $0.words } ?? [] }

    public func validate(length: Sectors) throws(TableError) {
        try features.validate()
        var place = 5 + features.words.count
        try handlerWords.expectWords("handler")
        guard handlerWords.count <= 1024 else {
            throw TableError(.outOfRange, word: place, message: "handler words: expected 0 to 1024, found \(handlerWords.count)")
        }
        place += 1 + handlerWords.count
        guard groups.count <= 1024 else {
            throw TableError(.outOfRange, word: place, message: "number of groups: expected 0 to 1024, found \(groups.count)")
        }
        let range = groups.isEmpty ? 0...0 : 1...UInt32(groups.count)
        guard range.contains(initialGroup) else {
            throw TableError(
                .outOfRange, word: place + 1,
                message: "initial group: expected \(range.lowerBound) to \(range.upperBound), found \(initialGroup)")
        }
        place += 2
        for group in groups {
            try group.validate(place: place)
            place += group.wordCount
        }
    }

    /// A kernel takes repeat counts for 1, forgets a handler's settings, and in bio mode the handler; a handler that devices had may stand in
    /// its place where it is retained. The initial group is the one that is next: it changes with the paths, so that any will do.
    public func isSatisfied(by reported: MultipathTarget) -> Bool {
        var expected = features
        if features.queueMode == .bio, reported.features.retainsAttachedHandler { expected.retainsAttachedHandler = true }
        guard expected == reported.features, groups.count == reported.groups.count else { return false }
        guard zip(groups, reported.groups).allSatisfy({ $0.effective == $1.effective }) else { return false }
        if reported.features.retainsAttachedHandler, reported.handler != nil { return true }
        return reported.handler?.name == (features.queueMode == .bio ? nil : handler?.name)
    }
}
