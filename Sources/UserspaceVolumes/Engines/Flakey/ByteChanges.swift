/// Which bytes of a request become what: at most one that the table names, and one that chance does.
struct ByteChanges {
    private var changes: [2 of (place: UInt64, value: UInt8)] = .init(repeating: (0, 0))
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Another byte becomes `value`; of two changes of one byte the later remains.
    mutating func append(at place: UInt64, _ value: UInt8) {
        changes[count] = (place, value)
        count += 1
    }

    /// The first place, from `start` on, that changes.
    func first(from start: UInt64) -> UInt64? {
        var first: UInt64?
        for index in 0..<count where changes[index].place >= start && changes[index].place < first ?? .max { first = changes[index].place }
        return first
    }

    /// Makes the changes to bytes of the request of which the first is at `start`.
    func apply(to bytes: inout MutableRawSpan, from start: UInt64) {
        for index in 0..<count where changes[index].place >= start && changes[index].place - start < bytes.byteCount {
            bytes.storeBytes(of: changes[index].value, toByteOffset: Int(changes[index].place - start), as: UInt8.self)
        }
    }
}
