public import StorageUnits

extension MirrorTarget {
    /// Which regions may differ, and who remembers.
    public enum Log: Hashable, Sendable {
        /// Memory: it is forgotten with the table. `regionSize` is a power of two of sectors, 2 to the line's length and below 2^32.
        case core(regionSize: Sectors, sync: Sync = .asLogged)
        /// A device, which lasts. `regionSize` is a power of two of sectors, 2 to the line's length and below 2^32.
        case disk(DeviceReference, regionSize: Sectors, sync: Sync = .asLogged)
        /// A daemon.
        case userspace(Daemon)
    }

    /// What is copied when the mirror becomes active.
    public enum Sync: Hashable, Sendable {
        /// What the log says: everything, when it is new or in memory.
        case asLogged
        /// Everything: `sync`.
        case all
        /// Nothing: the devices are taken for equal, `nosync`.
        case nothing
    }

    /// A log that a daemon keeps, such as cmirrord.
    public struct Daemon: Hashable, Sendable {
        /// How kernel and daemon call the log: 1 to 128 bytes.
        public var uuid: String
        /// Whether marks and flushes are one request.
        public var integratesFlush: Bool
        /// What the daemon is told: its kind of log, and the words of that. With `uuid` and `integrated_flush` there are 3 words at least.
        public var words: [String]

        /// The log called `uuid`, of which the daemon is told `words`.
        public init(uuid: String, integratesFlush: Bool = false, words: [String]) {
            self.uuid = uuid
            self.integratesFlush = integratesFlush
            self.words = words
        }
    }
}

extension MirrorTarget.Log {
    /// How many words stand behind their count.
    var wordCount: Int {
        switch self {
        case .core(_, let sync): 1 + sync.words.count
        case .disk(_, _, let sync): 2 + sync.words.count
        case .userspace(let daemon): 1 + daemon.flushWords.count + daemon.words.count
        }
    }

    init(parsing arguments: inout ArgumentReader) throws(TableError) {
        switch try arguments.choice("log", among: ["core", "disk", "userspace"]) {
        case "core":
            let count = try arguments.number("number of log words", in: 1...2)
            let size = try arguments.sectors("region size")
            self = .core(regionSize: size, sync: try MirrorTarget.Sync(parsing: &arguments, isPresent: count > 1))
        case "disk":
            let count = try arguments.number("number of log words", in: 2...3)
            let device = try arguments.device("log device")
            let size = try arguments.sectors("region size")
            self = .disk(device, regionSize: size, sync: try MirrorTarget.Sync(parsing: &arguments, isPresent: count > 2))
        default:
            let count = try arguments.number("number of log words", in: 3...UInt64(UInt32.max))
            var daemon = MirrorTarget.Daemon(uuid: try arguments.word("UUID"), words: [])
            // Never more rounds than there are words: the first that is missing throws.
            for index in 1..<count {
                let word = try arguments.word("log word")
                if index == 1, ArgumentReader.isSame(word, "integrated_flush") {
                    daemon.integratesFlush = true
                } else {
                    daemon.words.append(word)
                }
            }
            self = .userspace(daemon)
        }
    }

    func write(to arguments: inout ArgumentWriter) {
        switch self {
        case .core(let regionSize, let sync):
            arguments.append("core")
            arguments.append(wordCount)
            arguments.append(regionSize)
            for word in sync.words { arguments.append(word) }
        case .disk(let device, let regionSize, let sync):
            arguments.append("disk")
            arguments.append(wordCount)
            arguments.append(device)
            arguments.append(regionSize)
            for word in sync.words { arguments.append(word) }
        case .userspace(let daemon):
            arguments.append("userspace")
            arguments.append(wordCount)
            arguments.append(daemon.uuid)
            for word in daemon.flushWords { arguments.append(word) }
            for word in daemon.words { arguments.append(unverified: word) }
        }
    }

    mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        if case .disk(let device, let regionSize, let sync) = self { self = .disk(transform(device), regionSize: regionSize, sync: sync) }
    }

    func validate(length: Sectors) throws(TableError) {
        switch self {
        case .core(let regionSize, _): try Self.check(regionSize, length: length, word: 6)
        case .disk(_, let regionSize, _): try Self.check(regionSize, length: length, word: 7)
        case .userspace(let daemon): try daemon.validate()
        }
    }

    private static func check(_ regionSize: Sectors, length: Sectors, word: Int) throws(TableError) {
        let size = regionSize.count
        guard size >= 2, size <= UInt64(UInt32.max), size & (size - 1) == 0 else {
            throw TableError(
                .outOfRange, word: word, message: "region size: expected a power of two of sectors, 2 to 2147483648, found \(size)")
        }
        guard regionSize <= length else {
            throw TableError(
                .outOfRange, word: word, message: "region size: expected at most the line's length, \(length) sectors, found \(size)")
        }
        let regions = (length.count - 1) / size + 1
        guard regions <= UInt64(UInt32.max) else {
            throw TableError(
                .outOfRange, word: word, message: "region size: expected at most \(UInt32.max) regions in the line, found \(regions)")
        }
    }
}

extension MirrorTarget.Sync {
    fileprivate init(parsing arguments: inout ArgumentReader, isPresent: Bool) throws(TableError) {
        self = .asLogged
        if isPresent { self = try arguments.choice("sync mode", among: ["sync", "nosync"]) == "sync" ? .all : .nothing }
    }

    fileprivate var words: [String] {
        switch self {
        case .asLogged: []
        case .all: ["sync"]
        case .nothing: ["nosync"]
        }
    }
}

extension MirrorTarget.Daemon {
    fileprivate var flushWords: [String] { integratesFlush ? ["integrated_flush"] : [] }

    fileprivate func validate() throws(TableError) {
        let count = 1 + flushWords.count + words.count
        guard count >= 3 else {
            throw TableError(.outOfRange, word: 5, message: "number of log words: expected at least 3, found \(count)")
        }
        guard (1...128).contains(uuid.utf8.count), !uuid.utf8.contains(0) else {
            throw TableError(
                .invalidValue, word: 6, message: "UUID: expected 1 to 128 bytes without a NUL character, found \(uuid.utf8.count)")
        }
        try words.expectWords("log words")
        if !integratesFlush, let first = words.first, ArgumentReader.isSame(first, "integrated_flush") {
            throw TableError(.invalidValue, word: 7, message: "log words: 'integrated_flush' is not a word for the daemon")
        }
    }
}
