package import StorageUnits
public import SystemPackage

/// Why a request to a device, or opening it, failed.
public struct BlockIOError: Error, Hashable, Sendable {
    /// What kind of failure.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Value: String {
            case inputOutput, outOfRange, unaligned, readOnly, unsupported, noSpace, noMemory, endOfFile, closed, suspended
            case notFound, permissionDenied, wrongFileType, inUse, requeued
        }
        private let value: Value
        private init(_ value: Value) { self.value = value }

        /// The storage failed. The kernel's `BLK_STS_IOERR`.
        public static let inputOutput = Code(.inputOutput)
        /// The request reaches past the end of the device.
        public static let outOfRange = Code(.outOfRange)
        /// The request is not a multiple of the logical block size.
        public static let unaligned = Code(.unaligned)
        /// A write to a device that is read-only.
        public static let readOnly = Code(.readOnly)
        /// The device cannot do this at all.
        public static let unsupported = Code(.unsupported)
        /// No space is left where the device keeps its bytes.
        public static let noSpace = Code(.noSpace)
        /// No memory is left.
        public static let noMemory = Code(.noMemory)
        /// The file has become shorter since it was opened.
        public static let endOfFile = Code(.endOfFile)
        /// The device is closed.
        public static let closed = Code(.closed)
        /// The device is suspended and the request may not wait.
        public static let suspended = Code(.suspended)
        /// An engine gives the request back while its device is suspended: it is sent again, whole, when the device is resumed. Whoever sends requests to
        /// a volume never sees it. The kernel's `DM_MAPIO_REQUEUE`.
        public static let requeued = Code(.requeued)
        /// No such file.
        public static let notFound = Code(.notFound)
        /// The process may not open the file.
        public static let permissionDenied = Code(.permissionDenied)
        /// Neither a regular file nor a block device.
        public static let wrongFileType = Code(.wrongFileType)
        /// Another process has the file open in a way that excludes this one, or a device of this process has.
        public static let inUse = Code(.inUse)

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of failure.
    public var code: Code
    /// Where the range begins of which nothing is sure, in bytes of the device that threw. After a failed write it may hold
    /// old or new bytes; what the request wrote before it is written.
    public var offset: UInt64
    /// How many bytes that range has; 0 when the error is not about a range.
    public var count: UInt64
    /// The system's error number, where there was one.
    public var errno: Errno?
    /// What was expected, what was found.
    public var message: String

    /// An error about `count` bytes at `offset`.
    public init(_ code: Code, offset: UInt64 = 0, count: UInt64 = 0, errno: Errno? = nil, message: String) {
        self.code = code
        self.offset = offset
        self.count = count
        self.errno = errno
        self.message = message
    }

    /// The error that a system call on `file` reported.
    static func system(_ errno: Errno, _ action: String, _ file: String, offset: UInt64 = 0, count: UInt64 = 0) -> BlockIOError {
        let code: Code =
            switch errno {
            case .noSpace, .diskQuotaExceeded, .fileTooLarge: .noSpace
            case .noMemory: .noMemory
            case .noSuchFileOrDirectory, .notDirectory, .noSuchAddressOrDevice, .operationNotSupportedByDevice: .notFound
            case .permissionDenied, .notPermitted: .permissionDenied
            case .readOnlyFileSystem: .readOnly
            case .resourceBusy: .inUse
            case .notSupported, .notSupportedOnSocket: .unsupported
            default: .inputOutput
            }
        return BlockIOError(code, offset: offset, count: count, errno: errno, message: "cannot \(action) '\(file)': \(errno)")
    }

    /// A request that a device of `size` bytes does not hold.
    package static func pastTheEnd(_ offset: UInt64, _ count: UInt64, size: ByteCount) -> BlockIOError {
        BlockIOError(
            .outOfRange, offset: offset, count: count,
            message: "\(count) bytes at \(offset) reach past the end of the device, which has \(size) bytes")
    }

    static func noTags(offset: UInt64, count: Int) -> BlockIOError {
        BlockIOError(.unsupported, offset: offset, count: UInt64(count), message: "the device keeps no tags")
    }

    /// The same error for a range that begins where this one does and ends at `end`: what a request had not come to is not written either.
    public func extended(to end: UInt64) -> BlockIOError {
        var error = self
        if end > offset { error.count = end - offset }
        return error
    }

    /// The same error, its range in the coordinates of the device above: `offset` is where that device's part of the request begins.
    public func moved(to offset: UInt64, count: UInt64) -> BlockIOError {
        var error = self
        error.offset = offset
        error.count = count
        return error
    }
}

extension BlockIOError: CustomStringConvertible {
    /// The message, and the range where there is one.
    public var description: String {
        count == 0 ? message : "\(message) (bytes \(offset) to \(offset &+ count &- 1))"
    }
}
