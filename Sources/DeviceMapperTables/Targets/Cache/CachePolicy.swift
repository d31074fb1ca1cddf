public import StorageUnits

extension CacheTarget {
    /// Which blocks are kept.
    public struct Policy: Hashable, Sendable {
        /// What the kernel takes where nothing is told.
        static let defaultMigrationThreshold: Sectors = 2048
        /// How many words a kernel takes behind the policy's name.
        static let limit = 1024
        /// The key that belongs to the cache, whatever the policy.
        static let migrationThresholdKey = "migration_threshold"

        /// The policy.
        public var name: PolicyName
        /// How many sectors are copied between the devices at a time; `nil` is the default, 2048, and 0 is nothing.
        public var migrationThreshold: Sectors?
        /// The keys of the policy, in their order: at most 512 with the one above. Of `mq`, numbers without effect in newer kernels; `smq`,
        /// `cleaner` and `default` have none.
        public var arguments: [PolicyArgument]

        /// A policy and its keys.
        public init(_ name: PolicyName = .smq, migrationThreshold: Sectors? = nil, arguments: [PolicyArgument] = []) {
            self.name = name
            self.migrationThreshold = migrationThreshold
            self.arguments = arguments
        }
    }

    /// The name of a policy; the kernel looks at its case.
    public struct PolicyName: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
        /// The name.
        public var description: String

        /// The policy of that name, for which the kernel loads a module `dm-cache-<name>`.
        public init(_ name: String) { description = name }
        /// The policy of that name.
        public init(stringLiteral name: String) { description = name }

        /// The stochastic multi-queue policy.
        public static let smq = PolicyName("smq")
        /// The multi-queue policy; another name for `smq` in newer kernels.
        public static let mq = PolicyName("mq")
        /// Writes everything back, and takes nothing in.
        public static let cleaner = PolicyName("cleaner")
        /// Whatever the kernel prefers: `smq` since Linux 4.2.
        public static let `default` = PolicyName("default")
    }

    /// A key of a policy and its value.
    public struct PolicyArgument: Hashable, Sendable {
        /// The key.
        public var key: String
        /// The value.
        public var value: String

        /// A key and its value.
        public init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }
}

extension CacheTarget.Policy {
    init(parsing words: inout ArgumentReader) throws(TableError) {
        var policy = CacheTarget.Policy(CacheTarget.PolicyName(try words.word("policy")))
        try words.options("policy arguments", limit: Self.limit, isRequired: true) { (words) throws(TableError) in
            try policy.read(&words)
        }
        self = policy
    }

    private mutating func read(_ words: inout ArgumentReader) throws(TableError) {
        let key = try words.word("policy argument")
        if let message = name.refusal(ofKey: key) { throw words.error(.invalidValue, message) }
        guard !words.isAtEnd else { throw words.error(.invalidValue, "policy argument: \(quoteForMessage(key)) has no value") }
        if ArgumentReader.isSame(key, Self.migrationThresholdKey) {
            migrationThreshold = try words.sectors(Self.migrationThresholdKey, in: 0...UInt64.max)
        } else {
            let value = try words.word("value of a policy argument")
            if let message = name.refusal(ofValue: value, key: key) { throw words.error(.notANumber, message) }
            arguments.append(.init(key, value))
        }
    }

    func write(to words: inout ArgumentWriter) {
        words.append(unverified: name.description)
        words.append(counted: arguments.words(migrationThreshold: migrationThreshold))
    }

    func validate() throws(TableError) {
        try [name.description].expectWords("policy")
        let count = arguments.words(migrationThreshold: migrationThreshold).count
        guard count <= Self.limit else {
            throw TableError(.outOfRange, message: "number of policy arguments: expected 0 to \(Self.limit), found \(count)")
        }
        for argument in arguments {
            try [argument.key, argument.value].expectWords("policy argument")
            guard !ArgumentReader.isSame(argument.key, Self.migrationThresholdKey) else {
                throw TableError(.invalidValue, message: "policy argument: migration_threshold is no key of the policy")
            }
            if let message = name.refusal(ofKey: argument.key) ?? name.refusal(ofValue: argument.value, key: argument.key) {
                throw TableError(.invalidValue, message: message)
            }
        }
    }
}

extension CacheTarget.PolicyName {
    /// Why a policy that is known refuses a key; `nil` when it does not. The kernel does not look at the case.
    fileprivate func refusal(ofKey key: String) -> String? {
        if ArgumentReader.isSame(key, CacheTarget.Policy.migrationThresholdKey) { return nil }
        if self == .mq, Self.keysOfMQ.contains(where: { ArgumentReader.isSame($0, key) }) { return nil }
        return [.smq, .mq, .cleaner, .default].contains(self) ? "policy argument: \(description) has no \(quoteForMessage(key))" : nil
    }

    /// Why a policy that is known refuses the value of a key.
    fileprivate func refusal(ofValue value: String, key: String) -> String? {
        self == .mq && (value.isEmpty || ArgumentReader.decimal(value) == nil) ? "\(key): \(quoteForMessage(value)) is not a number" : nil
    }

    private static let keysOfMQ = [
        "random_threshold", "sequential_threshold", "discard_promote_adjustment", "read_promote_adjustment", "write_promote_adjustment",
    ]
}

extension [CacheTarget.PolicyArgument] {
    /// The words of the pairs, behind the one of the cache.
    func words(migrationThreshold: Sectors?) -> [String] {
        (migrationThreshold.map { [CacheTarget.Policy.migrationThresholdKey, $0.description] } ?? []) + flatMap { [$0.key, $0.value] }
    }
}
