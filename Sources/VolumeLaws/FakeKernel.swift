internal import BlockIO
package import DeviceMapperControl
package import DeviceMapperTables
package import SystemPackage

/// A control device that answers what a test says, and remembers what it was asked, byte by byte.
package final class FakeKernel: ControlTransport {
    /// A request as the kernel gets it.
    package struct Call: Sendable {
        package var command: ControlCommand
        package var bytes: [UInt8]

        /// The `count` bytes at `place` as a number, in the byte order of the machine.
        package func number(at place: Int, _ count: Int = 4) -> UInt64 {
            bytes[place..<place + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }.littleEndian
        }

        /// The text at `place`, up to a zero byte.
        package func text(at place: Int) -> String { String(decoding: bytes[place...].prefix { $0 != 0 }, as: UTF8.self) }

        /// The flags.
        package var flags: ControlFlags { ControlFlags(rawValue: UInt32(number(at: 28))) }
    }

    /// What the kernel does with a request: changes its bytes to the answer, or throws.
    package typealias Answer = @Sendable (_ call: Call, _ bytes: inout [UInt8]) throws(Errno) -> Void

    private let answer: Answer
    private let status: CInt
    private let state = Monitor<[Call]>([])

    /// Gives these answers; `status` is what its calls return.
    package init(status: CInt = 0, _ answer: @escaping Answer = { (_, _) throws(Errno) in }) {
        self.status = status
        self.answer = answer
    }

    /// All requests so far.
    package var calls: [Call] { state.withLock { $0 } }

    package func perform(_ command: ControlCommand, _ bytes: inout MutableRawSpan) throws(Errno) -> CInt {
        var copy = unsafe bytes.withUnsafeMutableBytes { unsafe Array($0) }
        let call = Call(command: command, bytes: copy)
        state.withLock { $0.append(call) }
        do throws(Errno) { try answer(call, &copy) } catch {
            Self.store(copy, &bytes)
            throw error
        }
        Self.store(copy, &bytes)
        return status
    }

    private static func store(_ copy: [UInt8], _ bytes: inout MutableRawSpan) {
        precondition(copy.count == bytes.byteCount, "an answer has as many bytes as its request")
        unsafe bytes.withUnsafeMutableBytes { unsafe $0.copyBytes(from: copy) }
    }

    package func waitForEvent(until deadline: ContinuousClock.Instant?, wakeUp: WakeUp) throws(Errno) -> Bool { !wakeUp.isSignalled }
    package func duplicate() throws(MappingError) -> any ControlTransport { self }
}
