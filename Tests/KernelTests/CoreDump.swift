import Foundation
import Glibc
import VolumeLaws

/// Core dumps of processes that a signal ends, which the kernel of the lab writes to a directory.
final class CoreDump {
    private static let pattern = "/proc/sys/kernel/core_pattern"
    private let former: String
    private let directory: GuestDirectory

    /// From now on core dumps go to a directory, as long as the object lives.
    init(_ directory: GuestDirectory) throws {
        self.directory = directory
        former = try String(contentsOfFile: Self.pattern, encoding: .utf8)
        try RawFile(Self.pattern, O_WRONLY).write(Array(directory("core").utf8))
    }

    deinit { _ = try? RawFile(Self.pattern, O_WRONLY).write(Array(former.utf8)) }

    /// Lets this process be dumped, and ends it by a signal.
    static func make() -> Never {
        var limit = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
        signal(SIGABRT, SIG_DFL)
        abort()
    }

    /// The arguments of `sh` that run a command which may be dumped.
    static func allowing(_ command: [String]) -> [String] { ["-c", "ulimit -c unlimited; exec \"$@\"", "sh"] + command }

    /// Which eighths of a key, of a multiple of eight bytes, are in the dump that was made, as bytes or as digits; `nil` when there was no dump. It is
    /// removed.
    ///
    /// A half or a quarter of the key has an eighth of it in itself.
    func eighths(of key: RecognisableSecret) throws -> Set<Int>? {
        guard let name = try FileManager.default.contentsOfDirectory(atPath: directory.path).first(where: { $0.hasPrefix("core") }) else {
            return nil
        }
        defer { _ = try? FileManager.default.removeItem(atPath: directory(name)) }
        let count = key.count / 8
        var pieces: [[UInt8]: Int] = [:]
        for piece in 0..<8 {
            let bytes = (piece * count..<(piece + 1) * count).map(key.byte(at:))
            let digits = (2 * piece * count..<2 * (piece + 1) * count).map(key.hexDigit(at:))
            for form in [bytes, digits, Array(String(decoding: digits, as: UTF8.self).uppercased().utf8)] { pieces[form] = piece }
        }
        let patterns = try directory.file("patterns", Array(pieces.keys.joined(separator: [UInt8(ascii: "\n")])))
        defer { _ = try? FileManager.default.removeItem(atPath: patterns) }
        let found = try HostCommand("env", package: "coreutils").attempt(
            ["LC_ALL=C", "grep", "-a", "-o", "-F", "-f", patterns, directory(name)])
        guard found.status <= 1 else { throw HostCommand.Failure("grep: \(found.errors)") }
        return Set(found.bytes.split(separator: UInt8(ascii: "\n")).compactMap { pieces[Array($0)] })
    }

    /// A key of 64 bytes that grep can look for: without line ends and zeroes.
    static func key() -> RecognisableSecret {
        while true {
            let key = RecognisableSecret(count: 64)
            if !(0..<64).contains(where: { [0, UInt8(ascii: "\n")].contains(key.byte(at: $0)) }) { return key }
        }
    }
}
