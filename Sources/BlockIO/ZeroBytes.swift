/// A run of zero bytes to write from.
public enum ZeroBytes {
    /// How many there are: a multiple of every logical block size.
    public static let count = 1 << 20
    private static let buffer = AlignedBuffer(count: count)

    /// Lends `count` zero bytes, at most ``ZeroBytes/count``.
    public static func withBytes<Result, Failure: Error>(
        count: Int, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try buffer.withBytes { (bytes) throws(Failure) in try body(bytes.extracting(0..<count)) }
    }
}
