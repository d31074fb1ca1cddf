public import BlockIO

/// Why what is on a disk cannot be read as what it should be.
public struct FormatError: Error, Hashable, Sendable {
    /// What kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String { case wrongMagic, unsupportedVersion, invalidField, truncated, inputOutput }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// It is something else, or nothing at all.
        public static let wrongMagic = Code(.wrongMagic)
        /// A version that is not known here.
        public static let unsupportedVersion = Code(.unsupportedVersion)
        /// A field makes no sense, by itself or with the others.
        public static let invalidField = Code(.invalidField)
        /// It ends before it is complete.
        public static let truncated = Code(.truncated)
        /// The device could not be read.
        public static let inputOutput = Code(.inputOutput)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of failure.
    public var code: Code
    /// Where it is: the first byte of the field, or of what is missing, in bytes of the device.
    public var offset: UInt64
    /// What was expected, what was found.
    public var message: String
    /// What the device said, when it could not be read.
    public var underlying: BlockIOError?

    /// An error about what is at `offset`.
    public init(_ code: Code, at offset: UInt64, _ message: String, underlying: BlockIOError? = nil) {
        self.code = code
        self.offset = offset
        self.message = message
        self.underlying = underlying
    }

    /// A request that failed.
    init(_ error: BlockIOError, reading what: String) {
        self.init(.inputOutput, at: error.offset, "cannot read \(what): \(error.message)", underlying: error)
    }
}

extension FormatError: CustomStringConvertible {
    /// `byte 512: ...`
    public var description: String { "byte \(offset): \(message)" }
}
