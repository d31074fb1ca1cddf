internal import CShims

/// Page-aligned memory, zeroed at first, that lives as long as the object. One thread at a time may write it.
@safe
public final class AlignedBuffer: @unchecked Sendable {  // owners hand it from thread to thread, never share it while it is written
    /// The alignment of the first byte.
    public static let alignment = 4096
    /// The number of bytes.
    public let count: Int
    @usableFromInline let memory: UnsafeMutableRawBufferPointer

    /// `count` zero bytes. Pages are taken from the system when first touched.
    public init(count: Int) {
        self.count = count
        let capacity = (max(count, 1) + Self.alignment - 1) & ~(Self.alignment - 1)
        guard let start = unsafe shim_map_anonymous(capacity) else { preconditionFailure("out of memory: \(count) bytes") }
        unsafe memory = UnsafeMutableRawBufferPointer(start: start, count: capacity)
    }

    deinit { unsafe munmap(memory.baseAddress, memory.count) }

    /// Lends the bytes for reading.
    @inlinable
    public func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: memory[..<count])))
    }

    /// Lends the bytes for writing.
    @inlinable
    public func withMutableBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
        return try body(&span)
    }

    /// Wipes the bytes, in a way that the compiler may not remove.
    public func wipe() {
        if let start = unsafe memory.baseAddress { unsafe shim_wipe(start, memory.count) }
    }
}
