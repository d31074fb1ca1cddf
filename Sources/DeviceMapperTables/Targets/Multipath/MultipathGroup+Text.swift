extension MultipathTarget.Group {
    static let selectors = ["round-robin", "queue-length", "service-time", "historical-service-time", "io-affinity"]

    // MARK: reading

    init(parsing arguments: inout ArgumentReader) throws(TableError) {
        let selector = try arguments.word("selector")
        switch selector {
        case "historical-service-time":
            var history = MultipathTarget.History()
            let count = try arguments.number("number of selector words", in: 0...2)
            if count > 0 { history.weight = try arguments.number32("weight", in: 0...1023) }
            if count > 1 { history.thresholdMultiplier = try arguments.number32("threshold multiplier") }
            self = .historicalServiceTime(history, try Self.paths(&arguments))
        case "round-robin":
            try Self.expectNoWords(&arguments)
            self = .roundRobin(try Self.paths(&arguments))
        case "queue-length":
            try Self.expectNoWords(&arguments)
            self = .queueLength(try Self.paths(&arguments))
        case "service-time":
            try Self.expectNoWords(&arguments)
            self = .serviceTime(
                try Self.paths(&arguments, words: 0...2) { (device, count, words) throws(TableError) in
                    var path = MultipathTarget.RatedPath(device)
                    if count > 0 { path.repeatCount = try words.number32("repeat count") }
                    if count > 1 { path.relativeThroughput = try words.number32("relative throughput", in: 0...100) }
                    return path
                })
        case "io-affinity":
            try Self.expectNoWords(&arguments)
            self = .ioAffinity(
                try Self.paths(&arguments, words: 1...1) { (device, _, words) throws(TableError) in
                    let mask = try words.word("CPUs")
                    guard let cpus = MultipathTarget.CPUMask(parsing: mask) else {
                        throw words.error(
                            .invalidValue,
                            "CPUs: expected a mask of CPUs 0 to 8191, in up to 8 hexadecimal digits between commas, found \(words.lastWordQuoted)"
                        )
                    }
                    return MultipathTarget.PinnedPath(device, cpus: cpus)
                })
        default:
            var group = MultipathTarget.OtherGroup(selector: selector, paths: [])
            let count = try arguments.number("number of selector words", in: 0...1024)
            for _ in 0..<count { group.words.append(try arguments.word("selector word")) }
            group.paths = try Self.paths(&arguments, words: 0...1024) { (device, count, words) throws(TableError) in
                var path = MultipathTarget.OtherGroup.Path(device)
                for _ in 0..<count { path.words.append(try words.word("word of a path")) }
                return path
            }
            self = .other(group)
        }
    }

    private static func expectNoWords(_ arguments: inout ArgumentReader) throws(TableError) {
        _ = try arguments.number("number of selector words", in: 0...0)
    }

    private static func paths(_ arguments: inout ArgumentReader) throws(TableError) -> [MultipathTarget.Path] {
        try paths(&arguments, words: 0...1) { (device, count, words) throws(TableError) in
            MultipathTarget.Path(device, repeatCount: count > 0 ? try words.number32("repeat count") : 1)
        }
    }

    private static func paths<Path>(
        _ arguments: inout ArgumentReader, words: ClosedRange<UInt64>,
        _ read: (DeviceReference, UInt64, inout ArgumentReader) throws(TableError) -> Path
    ) throws(TableError) -> [Path] {
        let count = try arguments.number("number of paths", in: 1...1024)
        let wordCount = try arguments.number("number of words a path", in: words)
        var paths: [Path] = []
        for _ in 0..<count {
            let device = try arguments.device("path")
            paths.append(try read(device, wordCount, &arguments))
        }
        return paths
    }

    // MARK: writing

    func write(to arguments: inout ArgumentWriter) {
        arguments.append(selector)
        arguments.append(counted: selectorWords)
        let devices = devices
        arguments.append(devices.count)
        let words = pathWords
        arguments.append(pathWordCount)
        for (device, words) in zip(devices, words) {
            arguments.append(device)
            for word in words { arguments.append(unverified: word) }
        }
    }

    /// How many words it has in all.
    var wordCount: Int { 4 + selectorWords.count + devices.count * (1 + pathWordCount) }

    private var selectorWords: [String] {
        switch self {
        case .roundRobin, .queueLength, .serviceTime, .ioAffinity: []
        case .historicalServiceTime(let history, _): ["\(history.weight)", "\(history.thresholdMultiplier)"]
        case .other(let group): group.words
        }
    }

    /// How many words each path has: as many as the kernel prints.
    private var pathWordCount: Int {
        switch self {
        case .roundRobin, .queueLength, .historicalServiceTime, .ioAffinity: 1
        case .serviceTime: 2
        case .other(let group): group.paths.first?.words.count ?? 0
        }
    }

    private var pathWords: [[String]] {
        switch self {
        case .roundRobin(let paths), .queueLength(let paths), .historicalServiceTime(_, let paths): paths.map { ["\($0.repeatCount)"] }
        case .serviceTime(let paths): paths.map { ["\($0.repeatCount)", "\($0.relativeThroughput)"] }
        case .ioAffinity(let paths): paths.map { [$0.cpus.description] }
        case .other(let group): group.paths.map(\.words)
        }
    }

    // MARK: rules

    /// Throws unless the group makes sense; it begins with the word `place` of the line.
    func validate(place: Int) throws(TableError) {
        let pathsPlace = place + 2 + selectorWords.count
        guard (1...1024).contains(devices.count) else {
            throw TableError(.outOfRange, word: pathsPlace, message: "number of paths: expected 1 to 1024, found \(devices.count)")
        }
        switch self {
        case .roundRobin, .queueLength: break
        case .historicalServiceTime(let history, _):
            guard history.weight < 1024 else {
                throw TableError(.outOfRange, word: place + 2, message: "weight: expected 0 to 1023, found \(history.weight)")
            }
        case .serviceTime(let paths):
            for (index, path) in paths.enumerated() where path.relativeThroughput > 100 {
                throw TableError(
                    .outOfRange, word: pathsPlace + 4 + 3 * index,
                    message: "relative throughput: expected 0 to 100, found \(path.relativeThroughput)")
            }
        case .ioAffinity(let paths):
            var taken = MultipathTarget.CPUMask()
            for (index, path) in paths.enumerated() {
                guard !path.cpus.isSubset(of: taken) else {
                    throw TableError(
                        .invalidValue, word: pathsPlace + 3 + 2 * index,
                        message: "CPUs: expected one that no path before has, found \(quoteForMessage(path.cpus.description))")
                }
                taken.formUnion(path.cpus)
            }
        case .other(let group): try Self.validate(group, place: place)
        }
    }

    private static func validate(_ group: MultipathTarget.OtherGroup, place: Int) throws(TableError) {
        try [group.selector].expectWords("selector")
        guard !selectors.contains(group.selector) else {
            throw TableError(
                .invalidValue, word: place, message: "selector: \(quoteForMessage(group.selector)) is not an unknown selector")
        }
        try group.words.expectWords("selector words")
        guard group.words.count <= 1024 else {
            throw TableError(
                .outOfRange, word: place + 1, message: "number of selector words: expected 0 to 1024, found \(group.words.count)")
        }
        let count = group.paths.first?.words.count ?? 0
        guard count <= 1024 else {
            throw TableError(
                .outOfRange, word: place + 3 + group.words.count, message: "number of words a path: expected 0 to 1024, found \(count)")
        }
        for path in group.paths {
            try path.words.expectWords("words of a path")
            guard path.words.count == count else {
                throw TableError(
                    .invalidValue, word: place + 3 + group.words.count,
                    message: "number of words a path: expected as many for each, found \(count) and \(path.words.count)")
            }
        }
    }
}
