import BlockIO
import VolumeLaws

/// A value that the closures of a fake kernel share.
final class Monitored<Value: Sendable>: Sendable {
    let value: Monitor<Value>
    init(_ value: Value) { self.value = Monitor(value) }
}

extension Monitored<SeededGenerator> {
    func next(in range: ClosedRange<Int>) -> Int { value.withLock { Int.random(in: range, using: &$0) } }
}

extension Monitored<Int> {
    /// Whether the number was above 0, which is 1 less now.
    func countDown() -> Bool {
        value.withLock { number in
            number -= 1
            return number >= 0
        }
    }
}

extension [UInt8] {
    /// Stores a number in the byte order of the machine.
    mutating func store(_ number: some FixedWidthInteger, at place: Int) {
        var number = number
        let bytes = unsafe Swift.withUnsafeBytes(of: &number) { unsafe Array($0) }
        replaceSubrange(place..<place + bytes.count, with: bytes)
    }
}
