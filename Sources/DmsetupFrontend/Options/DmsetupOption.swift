/// The options of dmsetup(8). An abbreviation that could be several of them is answered with a list, which has this order.
package enum DmsetupOption: String, CaseIterable, Sendable {
    case readOnly = "readonly"
    case alias
    case allDevices = "alldevices"
    case allPrograms = "allprograms"
    case allRegions = "allregions"
    case area
    case areas
    case areaSize = "areasize"
    case bounds
    case checks
    case clear
    case columns
    case concise
    case count
    case deferred
    case select
    case exec
    case filemap
    case follow
    case force
    case foreground
    case gid
    case group
    case groupID = "groupid"
    case help
    case histogram
    case inactive
    case interval
    case length
    case mangleName = "manglename"
    case major
    case minor
    case mode
    case namePrefixes = "nameprefixes"
    case noGroup = "nogroup"
    case noFlush = "noflush"
    case noHeadings = "noheadings"
    case noLockFS = "nolockfs"
    case noOpenCount = "noopencount"
    case noSuffix = "nosuffix"
    case noTable = "notable"
    case noTimeSuffix = "notimesuffix"
    case udevCookie = "udevcookie"
    case noMonitor = "nomonitor"
    case noUdevRules = "noudevrules"
    case noUdevSync = "noudevsync"
    case options
    case precise
    case programID = "programid"
    case raw
    case readAhead = "readahead"
    case region
    case regions
    case regionID = "regionid"
    case relative
    case retry
    case rows
    case segments
    case separator
    case setUUID = "setuuid"
    case showKeys = "showkeys"
    case sort
    case start
    case table
    case target
    case tree
    case uid
    case units
    case uuid
    case unbuffered
    case unquoted
    case userData = "userdata"
    case verbose
    case verifyUdev = "verifyudev"
    case version
    case yes
    case addNodeOnResume = "addnodeonresume"
    case addNodeOnCreate = "addnodeoncreate"

    /// Whether the long form has an argument. `--verbose` has one, which nobody looks at, and `-v` has none: so it is in dmsetup.
    var takesArgument: Bool {
        switch self {
        case .alias, .areas, .areaSize, .bounds, .count, .select, .exec, .follow, .gid, .groupID, .interval, .length, .mangleName, .major,
            .minor, .mode, .udevCookie, .options, .programID, .readAhead, .regions, .regionID, .separator, .sort, .start, .table, .target,
            .uid, .units, .uuid, .userData, .verbose:
            true
        default: false
        }
    }

    /// The options of one letter, and whether they have an argument.
    static let letters: [Character: (option: DmsetupOption, takesArgument: Bool)] = [
        "c": (.columns, false), "C": (.columns, false), "f": (.force, false), "G": (.gid, true), "h": (.help, false),
        "j": (.major, true), "m": (.minor, true), "M": (.mode, true), "n": (.noTable, false), "o": (.options, true),
        "O": (.sort, true), "r": (.readOnly, false), "S": (.select, true), "u": (.uuid, true), "U": (.uid, true),
        "v": (.verbose, false), "y": (.yes, false),
    ]

    static let grammar = OptionGrammar(
        long: allCases.map { .init(name: $0.rawValue, takesArgument: $0.takesArgument, option: $0) }, letters: letters)
}
