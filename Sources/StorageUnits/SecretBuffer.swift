internal import CShims

/// A growing list of bytes that may hold secrets: the text of a table with keys, while it is read or printed.
/// Every copy that growing or ending leaves behind is wiped.
@safe
public struct SecretBuffer: ~Copyable, @unchecked Sendable {  // owns its memory alone
    private var memory: SecretMemory
    /// Where the memory came from, and goes when the buffer ends.
    private let reserve: SecretReserve?
    /// The number of bytes in use.
    public private(set) var count = 0

    /// An empty buffer with room for `capacity` bytes before it grows.
    public init(capacity: Int = 0) {
        memory = SecretMemory(capacity: capacity)
        reserve = nil
    }

    /// An empty buffer whose memory is a reserve's, and goes back to it.
    package init(capacity: Int = 0, from reserve: SecretReserve) {
        memory = reserve.take(capacity)
        self.reserve = reserve
    }

    deinit { reserve?.give(memory) }

    /// Adds a byte at the end.
    public mutating func append(_ byte: UInt8) {
        if count == memory.capacity { grow(by: 1) }
        unsafe memory.bytes[count] = byte
        count += 1
    }

    /// Adds the bytes of `text` at the end.
    public mutating func append(_ text: some StringProtocol) {
        for byte in text.utf8 { append(byte) }
    }

    /// Adds `bytes` at the end.
    public mutating func append(_ bytes: RawSpan) {
        if bytes.byteCount > memory.capacity - count { grow(by: bytes.byteCount) }
        unsafe bytes.withUnsafeBytes { source in unsafe memory.copy(source, at: count) }
        count += bytes.byteCount
    }

    /// Adds `bytes` at the end.
    public mutating func append(_ bytes: Span<UInt8>) { append(unsafe bytes.bytes) }

    /// Makes room for `count` more bytes, lets `body` fill some of them, and keeps as many as it returns: `read(2)` without a copy.
    public mutating func append<Failure: Error>(
        upTo room: Int, filling body: (inout MutableRawSpan) throws(Failure) -> Int
    ) throws(Failure) {
        if room > memory.capacity - count { grow(by: room) }
        var span = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[count..<count + room]))
        let filled = try body(&span)
        precondition(filled >= 0 && filled <= room)
        count += filled
    }

    /// Forgets the bytes, wiping them, and keeps the memory.
    public mutating func removeAll() {
        if count > 0, let start = unsafe memory.bytes.baseAddress { unsafe shim_wipe(start, count) }
        count = 0
    }

    /// Cuts the bytes, wiping what is cut off, or adds zeroes.
    public mutating func resize(to count: Int) {
        precondition(count >= 0)
        if count > memory.capacity { grow(by: count - self.count) }
        let changed = min(count, self.count)..<max(count, self.count)
        if let start = unsafe memory.bytes.baseAddress { unsafe shim_wipe(start + changed.lowerBound, changed.count) }
        self.count = count
    }

    /// The byte at `index`, which lies in `0..<count`.
    public subscript(index: Int) -> UInt8 {
        get {
            precondition(index >= 0 && index < count)
            return unsafe memory.bytes[index]
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe memory.bytes[index] = newValue
        }
    }

    /// The bytes. Nobody can change the buffer while they are looked at.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let used = unsafe UnsafeRawBufferPointer(rebasing: memory.bytes[..<count])
            return unsafe _overrideLifetime(Span<UInt8>(_unsafeBytes: used), borrowing: self)
        }
    }

    /// Lends the bytes to `body`.
    public func withBytes<Result, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(bytes)
    }

    /// Lends the bytes to `body` for writing.
    public mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var span = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<count]))
        return try body(&span)
    }

    private mutating func grow(by room: Int) {
        let larger = SecretMemory(capacity: max(2 * memory.capacity, count + room))
        unsafe larger.copy(UnsafeRawBufferPointer(rebasing: memory.bytes[..<count]), at: 0)
        memory = larger
    }
}
