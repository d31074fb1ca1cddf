/// How `ls --tree` draws: the words of its `-o`.
package struct TreeOptions {
    package enum Symbols {
        case ascii, utf8, vt100
    }

    package var symbols = Symbols.ascii
    package var showsNumber = true
    package var showsKernelName = false
    package var showsActivity = false
    package var showsAccess = false
    package var showsOpenCount = false
    package var showsUUID = false
    /// For `table` and `status`, which dmsetup takes, and shows nothing of; but with them a tree is not compact.
    package var isPlain = false
    package var isCompact = false
    package var isTruncated = true
    package var isInverted = false
    package var width = 80

    /// A word that is none.
    package struct Failure: Error {
        package var message: String
    }

    package init() {}

    /// Any beginning of a word is enough: the first of this list that it is a beginning of.
    private static let words: [(String, @Sendable (inout TreeOptions) -> Void)] = [
        ("device", { $0.showsNumber = true }), ("blkdevname", { $0.showsKernelName = true }), ("nodevice", { $0.showsNumber = false }),
        ("status", { $0.isPlain = true }), ("table", { $0.isPlain = true }), ("active", { $0.showsActivity = true }),
        ("open", { $0.showsOpenCount = true }), ("uuid", { $0.showsUUID = true }), ("rw", { $0.showsAccess = true }),
        ("utf", { $0.symbols = .utf8 }), ("vt100", { $0.symbols = .vt100 }), ("ascii", { $0.symbols = .ascii }),
        ("inverted", { $0.isInverted = true }), ("compact", { $0.isCompact = true }), ("notrunc", { $0.isTruncated = false }),
    ]

    package mutating func read(_ list: String) throws(Failure) {
        var rest = list[...]
        while !rest.isEmpty {
            let word = rest.prefix { $0 != "," }
            guard let found = Self.words.first(where: { $0.0.hasPrefix(word) }) else {
                throw Failure(message: "Tree options not recognised: \(rest).")
            }
            found.1(&self)
            rest = rest[word.endIndex...].dropFirst()
        }
    }

    var showsAttributes: Bool { showsActivity || showsAccess || showsOpenCount || showsUUID }
    /// Whether a device and the first that it uses share a line.
    var sharesLines: Bool { isCompact && !showsAttributes && !isPlain }
}

/// What `ls`, `deps` and the report call a device: the words of their `-o`.
package enum DeviceNameKind: Sendable {
    case number, kernelName, mapName

    private static let words: [(String, DeviceNameKind)] = [("devno", .number), ("blkdevname", .kernelName), ("devname", .mapName)]

    /// The last word of the list.
    package init(_ list: String) throws(TreeOptions.Failure) {
        self = .number
        var rest = list[...]
        while !rest.isEmpty {
            let word = rest.prefix { $0 != "," }
            guard let found = Self.words.first(where: { $0.0.hasPrefix(word) }) else {
                throw TreeOptions.Failure(message: "Option not recognised: \(rest).")
            }
            self = found.1
            rest = rest[word.endIndex...].dropFirst()
        }
    }
}
