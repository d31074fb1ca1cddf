import Glibc
import StorageUnits
import VolumeLaws

/// Device mapper's control device, by system calls: nothing of the package, and nothing of libdevmapper, which changes backslashes, stands
/// between a test's text and the kernel. Numbers and layouts are those of `linux/dm-ioctl.h`.
enum ControlDevice {
    private enum Command: UInt {
        case create = 3
        case remove = 4
        case suspend = 6
        case load = 9
        case clear = 10
        case tableStatus = 12
        case message = 14

        /// `_IOWR(0xfd, number, struct dm_ioctl)`.
        var request: UInt { 0xc138_fd00 + rawValue }
    }

    /// Why the kernel refused.
    struct Refusal: Error, CustomStringConvertible {
        let description: String
    }

    /// One line of a table: what dmsetup makes of a line's text.
    struct Line {
        var start: UInt64
        var length: UInt64
        var target: String
        var arguments: [UInt8]
    }

    /// Flags of `struct dm_ioctl`.
    private enum Flag {
        static let readOnly: UInt64 = 1 << 0
        static let statusTable: UInt64 = 1 << 4
        static let bufferFull: UInt64 = 1 << 8
        static let inactiveTable: UInt64 = 1 << 12
        static let dataOut: UInt64 = 1 << 16
    }

    /// Makes a device without a table, and returns the number in `/dev/dm-<number>`.
    static func create(_ name: String, isReadOnly: Bool = false) throws -> UInt32 {
        let answer = try ask(.create, name, flags: isReadOnly ? Flag.readOnly : 0)
        // `dev`: the minor number in bits 0 to 7 and 20 to 31.
        let device = answer.load(40)
        return UInt32(truncatingIfNeeded: device & 0xff | device >> 12 & 0xf_ff00)
    }

    /// Puts a table into the device's inactive slot.
    static func load(_ lines: [Line], into name: String, isReadOnly: Bool = false) throws {
        var specifications: [UInt8] = []
        for line in lines {
            // `struct dm_target_spec` is 40 bytes; the arguments follow, with a zero byte, up to a multiple of 8 bytes.
            let size = (40 + line.arguments.count + 1 + 7) / 8 * 8
            var specification = [UInt8](repeating: 0, count: size)
            specification.store(line.start, at: 0)
            specification.store(line.length, at: 8)
            specification.store(UInt64(size) << 32, at: 16)  // `status`, and `next` in the upper half
            specification.replaceSubrange(24..<24 + line.target.utf8.count, with: line.target.utf8)
            specification.replaceSubrange(40..<40 + line.arguments.count, with: line.arguments)
            specifications += specification
        }
        _ = try ask(.load, name, flags: isReadOnly ? Flag.readOnly : 0, count: lines.count, specifications)
    }

    /// Empties the inactive slot.
    static func clear(_ name: String) throws { _ = try ask(.clear, name) }

    /// The lines that the kernel prints of a table, as dmsetup would with all keys.
    static func table(of name: String, isInactive: Bool = false) throws -> [Line] {
        try report(name, flags: Flag.statusTable | (isInactive ? Flag.inactiveTable : 0))
    }

    /// What each line of the active table tells of its state.
    static func status(of name: String) throws -> [Line] { try report(name, flags: 0) }

    private static func report(_ name: String, flags: UInt64) throws -> [Line] {
        let answer = try ask(.tableStatus, name, flags: flags, [UInt8](repeating: 0, count: 1 << 18))
        guard answer.load(28) & Flag.bufferFull == 0 else { throw Refusal(description: "a table of more than 256 KiB") }
        var lines: [Line] = []
        var place = 312
        for _ in 0..<(answer.load(20) & 0xffff_ffff) {
            let type = answer[place + 24..<place + 40].prefix { $0 != 0 }
            lines.append(
                Line(
                    start: answer.load(place), length: answer.load(place + 8), target: String(decoding: type, as: UTF8.self),
                    arguments: Array(answer[(place + 40)...].prefix { $0 != 0 })))
            // `next` counts from the first specification.
            place = 312 + Int(answer.load(place + 16) >> 32)
        }
        return lines
    }

    /// Tells the target at sector 0 something, and returns what it answers.
    static func send(_ message: String, to name: String) throws -> String? {
        let answer = try ask(
            .message, name, [UInt8](repeating: 0, count: 8) + Array(message.utf8) + [UInt8](repeating: 0, count: 1 << 14))
        guard answer.load(28) & Flag.dataOut != 0 else { return nil }
        return String(decoding: answer[312...].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Makes the inactive table the active one.
    static func resume(_ name: String) throws { _ = try ask(.suspend, name) }

    /// Removes the device.
    static func remove(_ name: String) throws { _ = try ask(.remove, name) }

    /// The lines of a text, as dmsetup takes them apart; what stands behind the target's name is the kernel's to read.
    static func lines(of text: [UInt8]) throws -> [Line] {
        var lines: [Line] = []
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(maxSplits: 3) { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
            guard let first = words.first, first.first != UInt8(ascii: "#") else { continue }
            guard words.count >= 3, let start = UInt64(string(words[0])), let length = UInt64(string(words[1])) else {
                throw Refusal(description: "not a line of a table: \(string(line))")
            }
            lines.append(.init(start: start, length: length, target: string(words[2]), arguments: words.count == 4 ? Array(words[3]) : []))
        }
        return lines
    }

    private static func string(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    static func lines(of text: String) throws -> [Line] { try lines(of: Array(text.utf8)) }

    private static func ask(
        _ command: Command, _ name: String, flags: UInt64 = 0, count: Int = 0, _ data: [UInt8] = []
    ) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 312) + data
        buffer.store(4, at: 0)  // the version, 4.0.0: whatever the kernel has, it takes that
        buffer.store(UInt64(buffer.count) << 32, at: 8)  // `data_size` in the upper half
        buffer.store(312 | UInt64(count) << 32, at: 16)  // `data_start`, `target_count`
        buffer.store(flags, at: 28)  // `flags`, and `event_nr`
        buffer.replaceSubrange(48..<48 + name.utf8.count, with: name.utf8)
        do {
            try RawFile("/dev/mapper/control", O_RDWR).control(command.request, &buffer)
        } catch {
            throw Refusal(description: "\(command): \(error)")
        }
        return buffer
    }
}

extension [UInt8] {
    fileprivate func load(_ place: Int) -> UInt64 { self[place..<place + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    fileprivate mutating func store(_ number: UInt64, at place: Int) {
        for byte in 0..<8 { self[place + byte] = UInt8(truncatingIfNeeded: number >> UInt64(8 * byte)) }
    }
}
