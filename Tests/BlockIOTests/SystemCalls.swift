import BlockIO
import StorageUnits
import Foundation
import Glibc
import SystemPackage
import VolumeLaws

/// A system call of a thread whose calls a test answers.
///
/// What the system rarely does (a transfer that stops in the middle, an interruption, a disk that loses what it has cached) is made to happen
/// here: a seccomp filter (Linux 5.5 and newer, no privileges needed) hands chosen calls of one thread to the test, see seccomp_unotify(2).
struct SystemCall: Sendable {
    /// What may be intercepted.
    enum Name: Sendable {
        case openat, lseek, fallocate, pwritev2, fdatasync
        /// `pread` of one piece, `preadv` of several.
        case read
        /// `pwrite` of one piece, `pwritev` of several.
        case write
    }
    /// What the caller gets.
    enum Answer: Sendable {
        /// The system carries the call out.
        case carryOut
        /// The call fails.
        case fail(Errno)
        /// The call returns this, and nothing is done.
        case result(Int)
    }

    let name: Name
    let arguments: [UInt64]
    /// Whether the call takes one piece of memory, and no list of them.
    let isOfOnePiece: Bool

    /// How many pieces of memory a transfer has.
    var pieceCount: Int { isOfOnePiece ? 1 : Int(arguments[2]) }

    /// How many bytes a transfer is to move.
    var byteCount: Int { pieces().reduce(0) { $0 + $1.count } }

    /// Carries out a transfer, but moves at most `limit` bytes.
    func transfer(atMost limit: Int) -> Answer {
        var left = limit
        var shortened: [Piece] = []
        for piece in pieces() where left > 0 {
            shortened.append(Piece(address: piece.address, count: min(left, piece.count)))
            left -= min(left, piece.count)
        }
        let moved = unsafe shortened.withUnsafeBufferPointer { pieces in
            Kernel.call(
                name == .read ? Kernel.preadv : Kernel.pwritev, Int(arguments[0]), Int(bitPattern: pieces.baseAddress), pieces.count,
                Int(arguments[3]))
        }
        return moved < 0 ? .fail(Errno(rawValue: errno)) : .result(moved)
    }

    /// `struct iovec`, with the address as a number.
    private struct Piece {
        var address = 0
        var count = 0
    }

    /// The pieces of memory of a transfer. The thread under test has this process's memory, and waits; but a sanitizer knows nothing of that,
    /// and takes a plain look at another thread's memory for a race: so the kernel is asked to look, here and for the transfers.
    private func pieces() -> [Piece] {
        if isOfOnePiece { return [Piece(address: Int(arguments[1]), count: Int(arguments[2]))] }
        var pieces = [Piece](repeating: Piece(), count: pieceCount)
        let byteCount = pieces.count * MemoryLayout<Piece>.stride
        let read = unsafe pieces.withUnsafeMutableBufferPointer { pieces in
            let here = [Piece(address: Int(bitPattern: pieces.baseAddress), count: byteCount)]
            let there = [Piece(address: Int(arguments[1]), count: byteCount)]
            return unsafe here.withUnsafeBufferPointer { here in
                unsafe there.withUnsafeBufferPointer { there in
                    Kernel.call(
                        Kernel.processVMReadv, Int(getpid()), Int(bitPattern: here.baseAddress), 1, Int(bitPattern: there.baseAddress), 1)
                }
            }
        }
        precondition(read == byteCount, "cannot look at another thread's memory: error \(errno)")
        return pieces
    }

    /// Runs `body` on a thread of its own, whose calls of these names get what `answer` says.
    static func intercept<Value: Sendable>(
        _ names: [Name], answer: (SystemCall) -> Answer, while body: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        let listener = Monitor<CInt?>(nil)
        let outcome = Monitor<Result<Value, any Error>?>(nil)
        let thread = BackgroundThread {
            let descriptor = Kernel.listen(to: names)
            listener.withLock { $0 = descriptor }
            guard descriptor >= 0 else { return }
            let result = Result { try body() }
            outcome.withLock { $0 = result }
            // Tells the other side that no more calls come.
            _ = getppid()
        }
        let descriptor = listener.wait { $0 }
        guard descriptor >= 0 else { throw SeccompUnavailable(errno: -descriptor) }
        defer { close(descriptor) }
        while let (identifier, call) = try Kernel.receive(descriptor) {
            try Kernel.reply(descriptor, identifier, answer(call))
        }
        thread.join()
        return try outcome.wait { $0 }.get()
    }
}

/// The system lets nobody intercept system calls.
struct SeccompUnavailable: Error, CustomStringConvertible {
    var errno: CInt
    var description: String { "seccomp user notification is needed for this test: error \(errno)" }
}

/// The kernel's own interface: numbers and layouts of <linux/seccomp.h>, <linux/filter.h> and <asm/unistd.h>.
private enum Kernel {
    #if arch(x86_64)
    static let numbers: [(SystemCall.Name, UInt32)] = [
        (.openat, 257), (.lseek, 8), (.fallocate, 285), (.read, 17), (.read, 295), (.write, 18), (.write, 296), (.pwritev2, 328),
        (.fdatasync, 75),
    ]
    /// `pread64` and `pwrite64`.
    static let ofOnePiece: Set<UInt32> = [17, 18]
    static let preadv = 295
    static let pwritev = 296
    static let processVMReadv = 310
    static let prctl = 157
    static let seccomp = 317
    static let getppid: UInt32 = 110
    #else
    static let numbers: [(SystemCall.Name, UInt32)] = [
        (.openat, 56), (.lseek, 62), (.fallocate, 47), (.read, 67), (.read, 69), (.write, 68), (.write, 70), (.pwritev2, 287),
        (.fdatasync, 83),
    ]
    /// `pread64` and `pwrite64`.
    static let ofOnePiece: Set<UInt32> = [67, 68]
    static let preadv = 69
    static let pwritev = 70
    static let processVMReadv = 270
    static let prctl = 167
    static let seccomp = 277
    static let getppid: UInt32 = 173
    #endif

    /// `struct sock_filter`.
    private struct Instruction {
        var code: UInt16
        var ifTrue: UInt8 = 0
        var ifFalse: UInt8 = 0
        var operand: UInt32
    }
    /// `struct sock_fprog`.
    @unsafe private struct Program {
        var count: UInt16
        var instructions: UnsafePointer<Instruction>
    }

    /// A system call by its number, past the C library and whatever watches it.
    static func call(_ number: Int, _ first: Int, _ second: Int, _ third: Int, _ fourth: Int = 0, _ fifth: Int = 0) -> Int {
        typealias SystemCallFunction = @convention(c) (Int, Int, Int, Int, Int, Int, Int) -> Int
        guard let function = unsafe dlsym(nil, "syscall") else { preconditionFailure("there is no syscall(2)") }
        return unsafe unsafeBitCast(function, to: SystemCallFunction.self)(number, first, second, third, fourth, fifth, 0)
    }

    /// Puts the calling thread under a filter: the descriptor to listen at, or an error number, negative.
    static func listen(to names: [SystemCall.Name]) -> CInt {
        var watched = [getppid]
        for (name, number) in numbers where names.contains(name) { watched.append(number) }
        var program = [Instruction(code: 0x20, operand: 0)]  // load the call's number
        for (index, number) in watched.enumerated() {
            program.append(Instruction(code: 0x15, ifTrue: UInt8(watched.count - index), operand: number))
        }
        program.append(Instruction(code: 0x06, operand: 0x7fff_0000))  // SECCOMP_RET_ALLOW
        program.append(Instruction(code: 0x06, operand: 0x7fc0_0000))  // SECCOMP_RET_USER_NOTIF
        let setNoNewPrivileges = 38
        _ = call(prctl, setNoNewPrivileges, 1, 0)
        let descriptor = unsafe program.withUnsafeBufferPointer { instructions -> Int in
            guard let start = instructions.baseAddress else { return -1 }
            var argument = unsafe Program(count: UInt16(instructions.count), instructions: start)
            return unsafe withUnsafeMutablePointer(to: &argument) { argument in
                let setModeFilter = 1
                let newListener = 8
                return call(seccomp, setModeFilter, newListener, Int(bitPattern: argument))
            }
        }
        return descriptor < 0 ? -errno : CInt(descriptor)
    }

    /// The next call; `nil` when there are no more.
    static func receive(_ descriptor: CInt) throws -> (UInt64, SystemCall)? {
        // struct seccomp_notif: id, pid, flags, number, architecture, instruction pointer, six arguments
        var notification = [UInt64](repeating: 0, count: 10)
        while unsafe ioctl(descriptor, 0xc050_2100, &notification) != 0 {
            guard errno == EINTR else { throw SeccompUnavailable(errno: errno) }
        }
        let number = UInt32(truncatingIfNeeded: notification[2])
        guard let name = numbers.first(where: { $0.1 == number })?.0 else {
            try reply(descriptor, notification[0], .carryOut)
            return nil
        }
        return (notification[0], SystemCall(name: name, arguments: Array(notification[4...]), isOfOnePiece: ofOnePiece.contains(number)))
    }

    static func reply(_ descriptor: CInt, _ identifier: UInt64, _ answer: SystemCall.Answer) throws {
        // struct seccomp_notif_resp: id, value, error and flags
        var response: [UInt64] =
            switch answer {
            case .carryOut: [identifier, 0, 1 << 32]
            case .fail(let error): [identifier, 0, UInt64(UInt32(bitPattern: -error.rawValue))]
            case .result(let value): [identifier, UInt64(value), 0]
            }
        guard unsafe ioctl(descriptor, 0xc018_2101, &response) == 0 else { throw SeccompUnavailable(errno: errno) }
    }
}
