extension MultipathTarget {
    /// Which groups and paths work: `2 0 0 0 1 1 A 0 2 0 8:0 F 1 8:16 A 0`.
    public struct Status: TargetStatus {
        /// A group.
        public struct Group: Hashable, Sendable {
            /// Whether it is used.
            public var state: State
            /// What its selector tells: the history's weight and threshold, or nothing.
            public var selectorWords: [String]
            /// Its paths, at least one, all with as many words.
            public var paths: [Path]

            /// A group and its paths.
            public init(state: State, selectorWords: [String] = [], paths: [Path]) {
                self.state = state
                self.selectorWords = selectorWords
                self.paths = paths
            }
        }

        /// Whether a group is used.
        public enum State: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
            /// It is used.
            case active = "A"
            /// It may be used.
            case enabled = "E"
            /// It is used only if no other one works.
            case disabled = "D"

            /// The letter.
            public var description: String { rawValue }
        }

        /// A path.
        public struct Path: Hashable, Sendable {
            /// The device.
            public var device: DeviceReference
            /// Whether it failed.
            public var hasFailed: Bool
            /// How often it failed.
            public var failureCount: UInt32
            /// What the selector tells of it. Nothing (round-robin), the requests on their way (queue-length), their bytes and the relative
            /// throughput (service-time), the service time, the requests on their way and when it is forgotten (historical-service-time), or
            /// the requests of CPUs without a path (io-affinity).
            public var words: [String]

            /// A path and its state.
            public init(device: DeviceReference, hasFailed: Bool = false, failureCount: UInt32 = 0, words: [String] = []) {
                self.device = device
                self.hasFailed = hasFailed
                self.failureCount = failureCount
                self.words = words
            }
        }

        /// Whether requests wait for a group to be initialised, 0 or 1; on older kernels how many wait.
        public var queueing: UInt32
        /// How often the initialisation of the group was tried.
        public var initCount: UInt32
        /// What newer kernels tell behind that.
        public var unknown: [String] = []
        /// What the hardware handler tells: nothing on newer kernels.
        public var handlerWords: [String] = []
        /// The group that is next, from 1; 0 when there are none.
        public var nextGroup: UInt32
        /// The groups.
        public var groups: [Group]

        /// The state of `groups`.
        public init(queueing: UInt32 = 0, initCount: UInt32 = 0, nextGroup: UInt32, groups: [Group]) {
            self.queueing = queueing
            self.initCount = initCount
            self.nextGroup = nextGroup
            self.groups = groups
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            let count = try words.number("number of feature words", in: 2...1024)
            queueing = try words.number32("queueing")
            initCount = try words.number32("initialisations")
            for _ in 2..<count { unknown.append(try words.word("feature word")) }
            let handlerCount = try words.number("number of handler words", in: 0...1024)
            for _ in 0..<handlerCount { handlerWords.append(try words.word("handler word")) }
            let groupCount = try words.number("number of groups", in: 0...1024)
            nextGroup = try words.number32("next group", in: 0...UInt32(groupCount))
            groups = []
            for _ in 0..<groupCount { groups.append(try Group(parsing: &words)) }
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(2 + unknown.count)
            words.append(queueing)
            words.append(initCount)
            for word in unknown { words.append(word) }
            words.append(counted: handlerWords)
            words.append(groups.count)
            words.append(nextGroup)
            for group in groups { group.write(to: &words) }
        }
    }
}

extension MultipathTarget.Status.Group {
    fileprivate init(parsing words: inout ArgumentReader) throws(TableError) {
        state = try words.choice("group state", among: MultipathTarget.Status.State.allCases)
        selectorWords = []
        let count = try words.number("number of selector words", in: 0...1024)
        for _ in 0..<count { selectorWords.append(try words.word("selector word")) }
        let pathCount = try words.number("number of paths", in: 1...1024)
        let wordCount = try words.number("number of words a path", in: 0...1024)
        paths = []
        for _ in 0..<pathCount {
            var path = MultipathTarget.Status.Path(device: try words.device("path"))
            path.hasFailed = try words.choice("path state", among: ["A", "F"]) == "F"
            path.failureCount = try words.number32("failures")
            for _ in 0..<wordCount { path.words.append(try words.word("word of a path")) }
            paths.append(path)
        }
    }

    fileprivate func write(to words: inout ArgumentWriter) {
        words.append(state.rawValue)
        words.append(counted: selectorWords)
        words.append(paths.count)
        words.append(paths.first?.words.count ?? 0)
        for path in paths {
            words.append(path.device)
            words.append(path.hasFailed ? "F" : "A")
            words.append(path.failureCount)
            for word in path.words { words.append(word) }
        }
    }
}
