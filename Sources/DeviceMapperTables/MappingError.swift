/// Why a device could not be mapped, opened, closed or asked something.
public struct MappingError: Error, Sendable {
    /// What kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String {
            case invalidName, notFound, exists, busy, permissionDenied, unsupported, invalidTable, invalidKey, deviceUnavailable
            case deviceTooSmall, readOnly, inputOutput, outOfMemory, closed, kernel, invalidMessage
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// A name or uuid that no device can have.
        public static let invalidName = Code(.invalidName)
        /// No such mapped device.
        public static let notFound = Code(.notFound)
        /// A device of that name or uuid exists.
        public static let exists = Code(.exists)
        /// The device is in use.
        public static let busy = Code(.busy)
        /// The process may not do that.
        public static let permissionDenied = Code(.permissionDenied)
        /// Neither this library nor this kernel can do that.
        public static let unsupported = Code(.unsupported)
        /// The table is refused.
        public static let invalidTable = Code(.invalidTable)
        /// A message is refused.
        public static let invalidMessage = Code(.invalidMessage)
        /// A key is missing, or has the wrong length.
        public static let invalidKey = Code(.invalidKey)
        /// A device that the table names cannot be opened.
        public static let deviceUnavailable = Code(.deviceUnavailable)
        /// A device that the table names is shorter than its line needs.
        public static let deviceTooSmall = Code(.deviceTooSmall)
        /// A device that is to be written is read-only.
        public static let readOnly = Code(.readOnly)
        /// Reading or writing failed.
        public static let inputOutput = Code(.inputOutput)
        /// No memory is left.
        public static let outOfMemory = Code(.outOfMemory)
        /// The device is closed.
        public static let closed = Code(.closed)
        /// The kernel refused.
        public static let kernel = Code(.kernel)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of failure.
    public var code: Code
    /// The table's line, from 1, as the error is about one.
    public var line: Int?
    /// The device that the error is about.
    public var device: String?
    /// The command that failed, such as the name of an ioctl.
    public var command: String?
    /// The system's error number, where there was one.
    public var errno: Int32?
    /// What the kernel's log said of it, where it could be read.
    public var kernelReason: String?
    /// What was expected, what was found.
    public var message: String
    /// The error that this one comes from.
    public var underlying: (any Error)?

    /// An error.
    public init(
        _ code: Code, line: Int? = nil, device: String? = nil, command: String? = nil, errno: Int32? = nil, kernelReason: String? = nil,
        message: String, underlying: (any Error)? = nil
    ) {
        self.code = code
        self.line = line
        self.device = device
        self.command = command
        self.errno = errno
        self.kernelReason = kernelReason
        self.message = message
        self.underlying = underlying
    }
}

extension MappingError: CustomStringConvertible {
    /// Where, what, and the kernel's reason: `line 2: disk.img: the device has 8 sectors, the line needs 16`.
    public var description: String {
        var text = ""
        if let line { text += "line \(line): " }
        if let command { text += "\(command): " }
        if let device { text += "\(device): " }
        text += message
        if let kernelReason { text += " (\(kernelReason))" }
        return text
    }
}
