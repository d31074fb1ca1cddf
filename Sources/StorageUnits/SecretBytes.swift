internal import CShims

/// Key material: bytes that are wiped when their last owner goes, never printed, compared in constant time, and kept out of core dumps.
///
/// The bytes lie in memory of their own that is excluded from core dumps (`MADV_DONTDUMP`) and, where the limits of the process allow,
/// locked against swapping (`mlock`). They never change after `init`.
@safe
public final class SecretBytes: @unchecked Sendable {  // immutable after init
    /// The number of bytes.
    public let count: Int
    private let memory: SecretMemory

    /// A copy of `bytes`. The caller wipes its own.
    public init(copying bytes: RawSpan) {
        count = bytes.byteCount
        memory = SecretMemory(capacity: bytes.byteCount)
        unsafe bytes.withUnsafeBytes { source in unsafe memory.copy(source, at: 0) }
    }

    /// `count` bytes, zero at first, that `initialize` fills in place: no other copy ever exists.
    /// When it throws, what it wrote is wiped.
    public init<Failure: Error>(count: Int, initializingWith initialize: (inout MutableRawSpan) throws(Failure) -> Void) throws(Failure) {
        precondition(count >= 0)
        self.count = count
        memory = SecretMemory(capacity: count)
        var span = unsafe MutableRawSpan(_unsafeBytes: UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<count]))
        try initialize(&span)
    }

    /// Lends the bytes to `body`. What `body` copies out is its own to wipe.
    public func withBytes<Result, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: memory.bytes[..<count])))
    }
}

extension SecretBytes: Hashable {
    /// Compares in a time that depends on the lengths alone.
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        guard left.count == right.count else { return false }
        return left.withBytes { first in
            right.withBytes { second in
                var difference: UInt8 = 0
                for index in 0..<first.byteCount {
                    difference |=
                        unsafe first.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                        ^ second.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                }
                return difference == 0
            }
        }
    }

    /// Feeds the bytes to the hasher, which is seeded anew in each process; its result is not to be stored or shown.
    public func hash(into hasher: inout Hasher) {
        withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) } }
    }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always `<redacted>`.
    public var description: String { "<redacted>" }
    /// Always `<redacted>`.
    public var debugDescription: String { "<redacted>" }
    /// Without children: `dump` and string interpolation of an owner show nothing.
    public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Zeroed memory that is wiped and returned in deinit. Where the system has no more mappings to give, ordinary memory serves:
/// then only the exclusion from core dumps is lost.
@safe
final class SecretMemory {
    let bytes: UnsafeMutableRawBufferPointer
    let capacity: Int
    private let isMapped: Bool

    init(capacity: Int) {
        let pages = (max(capacity, 1) + 4095) & ~4095
        self.capacity = pages
        if let mapped = unsafe shim_map_anonymous(pages) {
            unsafe shim_exclude_from_core_dump(mapped, pages)
            unsafe mlock(mapped, pages)
            unsafe bytes = UnsafeMutableRawBufferPointer(start: mapped, count: pages)
            isMapped = true
        } else {
            unsafe bytes = .allocate(byteCount: pages, alignment: 16)
            unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
            isMapped = false
        }
    }

    /// Copies bytes to a place where there is room for them, and leaves none in a register.
    func copy(_ source: UnsafeRawBufferPointer, at place: Int) {
        precondition(place >= 0 && source.count <= capacity - place)
        guard let target = unsafe bytes.baseAddress, let start = source.baseAddress else { return }
        unsafe shim_copy_secret(target + place, start, source.count)
    }

    func wipe() {
        if let start = unsafe bytes.baseAddress { unsafe shim_wipe(start, bytes.count) }
    }

    deinit {
        guard let start = unsafe bytes.baseAddress else { return }
        wipe()
        if isMapped { unsafe munmap(start, bytes.count) } else { unsafe bytes.deallocate() }
    }
}
