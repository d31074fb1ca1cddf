extension MultipathTarget {
    /// What becomes of requests and paths.
    public struct Features: Hashable, Sendable {
        /// Whether requests wait while no path works; else they fail.
        public var queuesIfNoPath: Bool
        /// How often the initialisation of a group is tried again: 1 to 50. `nil` is not at all.
        public var initRetries: UInt32?
        /// How long to wait before that, in milliseconds: 0 to 60000. `nil` is the kernel's default, 2000.
        public var initDelayMilliseconds: UInt32?
        /// Whether the hardware handler that a device already has is kept. Always so in bio mode.
        public var retainsAttachedHandler: Bool
        /// How requests are passed on.
        public var queueMode: QueueMode
        /// Features of newer kernels, as they were read.
        public var unknown: [String] = []

        /// How requests are passed on.
        public enum QueueMode: Hashable, Sendable {
            /// As requests of the block layer: `rq`, or `mq` for older kernels, which is the default and is not written.
            case request
            /// As single bios: `bio`, for devices that take no requests.
            case bio
        }

        /// These features.
        public init(
            queuesIfNoPath: Bool = false, initRetries: UInt32? = nil, initDelayMilliseconds: UInt32? = nil,
            retainsAttachedHandler: Bool = false, queueMode: QueueMode = .request
        ) {
            self.queuesIfNoPath = queuesIfNoPath
            self.initRetries = initRetries
            self.initDelayMilliseconds = initDelayMilliseconds
            self.retainsAttachedHandler = retainsAttachedHandler
            self.queueMode = queueMode
        }
    }
}

extension MultipathTarget.Features {
    private static let names = ["queue_if_no_path", "pg_init_retries", "pg_init_delay_msecs", "retain_attached_hw_handler", "queue_mode"]

    /// Reads one feature; of one that stands there twice the last counts.
    mutating func read(_ words: inout ArgumentReader) throws(TableError) {
        let feature = try words.word("feature")
        switch Self.names.first(where: { ArgumentReader.isSame($0, feature) }) {
        case "queue_if_no_path": queuesIfNoPath = true
        case "pg_init_retries": initRetries = try words.number32("pg_init_retries", in: 1...50)
        case "pg_init_delay_msecs": initDelayMilliseconds = try words.number32("pg_init_delay_msecs", in: 0...60000)
        case "retain_attached_hw_handler": retainsAttachedHandler = true
        case "queue_mode":
            queueMode = try words.choice("queue_mode", among: ["bio", "rq", "mq"], ignoringCase: true) == "bio" ? .bio : .request
        default: unknown.append(feature)
        }
    }

    /// The words in the order in which the kernel prints them.
    var words: [String] { knownWords + unknown }

    private var knownWords: [String] {
        var words: [String] = []
        if queuesIfNoPath { words.append("queue_if_no_path") }
        if let initRetries { words += ["pg_init_retries", "\(initRetries)"] }
        if let initDelayMilliseconds { words += ["pg_init_delay_msecs", "\(initDelayMilliseconds)"] }
        if retainsAttachedHandler { words.append("retain_attached_hw_handler") }
        if queueMode == .bio { words += ["queue_mode", "bio"] }
        return words
    }

    func validate() throws(TableError) {
        if let initRetries, !(1...50).contains(initRetries) {
            throw TableError(.outOfRange, message: "pg_init_retries: expected 1 to 50, found \(initRetries)")
        }
        if let initDelayMilliseconds, initDelayMilliseconds > 60000 {
            throw TableError(.outOfRange, message: "pg_init_delay_msecs: expected 0 to 60000, found \(initDelayMilliseconds)")
        }
        guard words.count <= 8 else {
            throw TableError(.outOfRange, word: 4, message: "feature words: expected 0 to 8, found \(words.count)")
        }
        try unknown.expectWords("feature", besides: Self.names, from: 5 + knownWords.count)
    }
}
