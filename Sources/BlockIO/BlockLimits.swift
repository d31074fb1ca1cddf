/// What requests a device takes. Asked once, when the device is opened.
public struct BlockLimits: Hashable, Sendable {
    /// The unit of offsets and lengths in bytes: a power of two from 1 to ``largestBlockSize``.
    public var logicalBlockSize: Int
    /// The size of request that serves best, in bytes; a multiple of the logical block size.
    public var preferredSize: Int
    /// Whether writes are refused.
    public var isReadOnly: Bool
    /// Whether `discard` does anything; where it is false it is refused.
    public var canDiscard: Bool

    /// The largest logical block size there is: 1 MiB.
    public static let largestBlockSize = 1 << 20

    /// The limits of a device that takes any request.
    public init(logicalBlockSize: Int = 1, preferredSize: Int = 4096, isReadOnly: Bool = false, canDiscard: Bool = true) {
        precondition(logicalBlockSize > 0 && logicalBlockSize & (logicalBlockSize - 1) == 0 && logicalBlockSize <= Self.largestBlockSize)
        self.logicalBlockSize = logicalBlockSize
        self.preferredSize = max(preferredSize, logicalBlockSize)
        self.isReadOnly = isReadOnly
        self.canDiscard = canDiscard
    }

    /// The limits of a device whose requests may reach either of two.
    public func stacked(with other: BlockLimits) -> BlockLimits {
        BlockLimits(
            logicalBlockSize: max(logicalBlockSize, other.logicalBlockSize),
            preferredSize: max(preferredSize, other.preferredSize),
            isReadOnly: isReadOnly || other.isReadOnly,
            canDiscard: canDiscard && other.canDiscard)
    }
}
