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

    /// Makes a device without a table, and returns the number in `/dev/dm-<number>`.
    static func create(_ name: String) throws -> UInt32 {
        let answer = try ask(.create, name)
        // `dev`: the minor number in bits 0 to 7 and 20 to 31.
        let device = answer.load(40)
        return UInt32(truncatingIfNeeded: device & 0xff | device >> 12 & 0xf_ff00)
    }

    /// Puts a table into the device's inactive slot.
    static func load(_ lines: [Line], into name: String) throws {
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
        _ = try ask(.load, name, count: lines.count, specifications)
    }

    /// Makes the inactive table the active one.
    static func resume(_ name: String) throws { _ = try ask(.suspend, name) }

    /// Removes the device.
    static func remove(_ name: String) throws { _ = try ask(.remove, name) }

    private static func ask(_ command: Command, _ name: String, count: Int = 0, _ data: [UInt8] = []) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 312) + data
        buffer.store(4, at: 0)  // the version, 4.0.0: whatever the kernel has, it takes that
        buffer.store(UInt64(buffer.count) << 32, at: 8)  // `data_size` in the upper half
        buffer.store(312 | UInt64(count) << 32, at: 16)  // `data_start`, `target_count`
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
