/// What dmsetup can do: a verb, how many operands it takes, and what it does with them.
struct DmsetupVerb {
    enum Repetition {
        /// All operands together.
        case once
        /// Once for each operand, each a device.
        case each
        /// The same, and `--select` says for which devices where there are no operands.
        case eachOrSelected
    }

    var name: String
    /// What stands behind it in the help, a line each.
    var usage: [String]
    var operands: ClosedRange<Int>
    var repetition: Repetition
    var run: (Dmsetup, DmsetupOperands) throws(Told) -> Void

    private init(
        _ name: String, _ usage: String, _ operands: ClosedRange<Int>, _ repetition: Repetition = .once,
        _ run: @escaping (Dmsetup, DmsetupOperands) throws(Told) -> Void
    ) {
        self.name = name
        self.usage = usage.split(separator: "\n").map(String.init)
        self.operands = operands
        self.repetition = repetition
        self.run = run
    }

    static func named(_ name: String) -> DmsetupVerb? { all.first { $0.name == name } }

    static var all: [DmsetupVerb] { creation + tables + states + questions + udev + others }

    private static let any = 0...Int.max

    private static var creation: [DmsetupVerb] {
        [
            DmsetupVerb(
                "create",
                """
                NAME [--table TABLE | FILE | --notable]   a device, from a table on standard input without any of these
                    [-u UUID] [-j MAJOR -m MINOR] [-r] [-U UID] [-G GID] [-M MODE] [--readahead SECTORS]
                --concise [DEVICES]
                """, 0...2
            ) { (dmsetup, operands) throws(Told) in try dmsetup.create(operands) },
            DmsetupVerb("remove", "[--force] [--retry] [--deferred] DEVICE...", any, .eachOrSelected) { (dmsetup, operands) throws(Told) in
                try dmsetup.remove(operands)
            },
            DmsetupVerb("remove_all", "[--force]", 0...0) { (dmsetup, _) throws(Told) in try dmsetup.removeAll() },
            DmsetupVerb("rename", "DEVICE NEWNAME\nDEVICE --setuuid UUID", 1...2) { (dmsetup, operands) throws(Told) in
                try dmsetup.rename(operands)
            },
            DmsetupVerb("mknodes", "[DEVICE...]", any, .each) { (dmsetup, operands) throws(Told) in
                try dmsetup.makeNodes(operands.first)
            },
            DmsetupVerb("mangle", "[--manglename MODE] [DEVICE...]", any, .each) { (dmsetup, operands) throws(Told) in
                try dmsetup.mangle(operands)
            },
        ]
    }

    private static var tables: [DmsetupVerb] {
        ["load", "reload"].map { name in
            DmsetupVerb(name, "DEVICE [--table TABLE | FILE]", 0...2) { (dmsetup, operands) throws(Told) in try dmsetup.load(operands) }
        } + [
            DmsetupVerb("clear", "DEVICE...", any, .eachOrSelected) { (dmsetup, operands) throws(Told) in
                try dmsetup.simple(.clear, operands.first)
            },
            DmsetupVerb("wipe_table", "[--force] [--noflush] [--nolockfs] DEVICE...", any, .eachOrSelected) {
                (dmsetup, operands) throws(Told) in try dmsetup.wipeTable(operands.first)
            },
            DmsetupVerb("message", "DEVICE SECTOR WORD...", 2...Int.max) { (dmsetup, operands) throws(Told) in try dmsetup.message(operands)
            },
            DmsetupVerb("setgeometry", "DEVICE CYLINDERS HEADS SECTORS START", 5...5) { (dmsetup, operands) throws(Told) in
                try dmsetup.setGeometry(operands)
            },
        ]
    }

    private static var states: [DmsetupVerb] {
        [
            DmsetupVerb("suspend", "[--noflush] [--nolockfs] DEVICE...", any, .eachOrSelected) { (dmsetup, operands) throws(Told) in
                try dmsetup.simple(.suspend, operands.first)
            },
            DmsetupVerb("resume", "[--noflush] [--nolockfs] [--readahead SECTORS] DEVICE...", any, .eachOrSelected) {
                (dmsetup, operands) throws(Told) in try dmsetup.simple(.resume, operands.first)
            },
            DmsetupVerb("wait", "[--noflush] DEVICE [EVENT]", 0...2) { (dmsetup, operands) throws(Told) in try dmsetup.wait(operands) },
        ]
    }

    private static var questions: [DmsetupVerb] {
        [
            DmsetupVerb("ls", "[--target TYPE] [--exec COMMAND] [--tree] [-o OPTIONS]", 0...0) { (dmsetup, operands) throws(Told) in
                try dmsetup.list(operands)
            },
            DmsetupVerb("info", "[-c [-o FIELDS] [-O KEYS] [-S SELECTION]] [DEVICE...]", any, .each) { (dmsetup, operands) throws(Told) in
                try dmsetup.info(operands)
            },
            DmsetupVerb("deps", "[-o OPTIONS] [DEVICE...]", any, .eachOrSelected) { (dmsetup, operands) throws(Told) in
                try dmsetup.dependencies(operands)
            },
            DmsetupVerb("status", "[--noflush] [--target TYPE] [DEVICE...]", any, .eachOrSelected) { (dmsetup, operands) throws(Told) in
                try dmsetup.status(.status, operands)
            },
            DmsetupVerb("table", "[--concise] [--showkeys] [--inactive] [--target TYPE] [DEVICE...]", any, .eachOrSelected) {
                (dmsetup, operands) throws(Told) in try dmsetup.status(.table, operands)
            },
            DmsetupVerb("measure", "[DEVICE...]", any, .eachOrSelected) { (dmsetup, operands) throws(Told) in
                try dmsetup.status(.measurement, operands)
            },
            DmsetupVerb("stats", "COMMAND [DEVICE...]", any) { (dmsetup, operands) throws(Told) in try dmsetup.stats(operands) },
        ]
    }

    private static var udev: [DmsetupVerb] {
        [
            DmsetupVerb("udevcreatecookie", "", 0...0) { (dmsetup, _) throws(Told) in try dmsetup.createCookie() },
            DmsetupVerb("udevreleasecookie", "[COOKIE]", 0...1) { (dmsetup, operands) throws(Told) in
                try dmsetup.releaseCookie(operands.first)
            },
            DmsetupVerb("udevflags", "COOKIE", 1...1) { (dmsetup, operands) throws(Told) in try dmsetup.showCookieFlags(operands.first) },
            DmsetupVerb("udevcomplete", "COOKIE", 1...1) { (dmsetup, operands) throws(Told) in try dmsetup.completeCookie(operands.first) },
            DmsetupVerb("udevcomplete_all", "[--yes] [MINUTES]", 0...1) { (dmsetup, operands) throws(Told) in
                try dmsetup.completeAllCookies(operands.first)
            },
            DmsetupVerb("udevcookies", "", 0...0) { (dmsetup, _) throws(Told) in try dmsetup.listCookies() },
        ]
    }

    private static var others: [DmsetupVerb] {
        [
            DmsetupVerb("help", "[-c]", 0...0) { (dmsetup, _) throws(Told) in dmsetup.showHelp() },
            DmsetupVerb("targets", "", 0...0) { (dmsetup, _) throws(Told) in try dmsetup.listTargets() },
            DmsetupVerb("target-version", "TYPE...", 1...Int.max, .each) { (dmsetup, operands) throws(Told) in
                try dmsetup.showTargetVersion(operands.first ?? "")
            },
            DmsetupVerb("version", "", 0...0) { (dmsetup, _) throws(Told) in try dmsetup.showVersion() },
            DmsetupVerb("splitname", "NAME [SUBSYSTEM]", 1...2) { (dmsetup, operands) throws(Told) in try dmsetup.splitName(operands) },
        ]
    }
}

/// What a verb works on.
struct DmsetupOperands {
    /// The operands; where a verb is repeated, those from its turn on.
    var words: [String]
    /// Whether the verb is done for more than one device, so that lines of output have names in front.
    var hasSeveralDevices = false
    /// The device, when the verb is done for all that there are.
    var device: String?

    init(_ words: [String], hasSeveralDevices: Bool = false, device: String? = nil) {
        self.words = words
        self.hasSeveralDevices = hasSeveralDevices
        self.device = device
    }

    var first: String? { words.first }
}
