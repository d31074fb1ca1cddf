package import DeviceMapperTables
package import StorageUnits

/// A request to the control device: `struct dm_ioctl`, and what follows it.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 12 | version: major, minor, patch |
/// | 12 | 4 | size of the request and of the room for the answer |
/// | 16 | 4 | where what follows begins: 312 |
/// | 20 | 4 | number of targets |
/// | 24 | 4 | how often the device is open |
/// | 28 | 4 | flags |
/// | 32 | 4 | event number; in requests to remove, rename and resume, udev's cookie |
/// | 40 | 8 | device number |
/// | 48 | 128 | name |
/// | 176 | 129 | uuid |
///
/// All numbers are in the byte order of the machine. Source: `linux/dm-ioctl.h`. The memory may hold keys: it is wiped.
package struct ControlRequest: ~Copyable {
    /// The size of the header.
    package static let headerSize = 312
    /// How many bytes a name has at most: `DM_NAME_LEN`, without a zero byte.
    package static let longestName = 127
    /// How many bytes a uuid has at most: `DM_UUID_LEN`, without a zero byte.
    package static let longestUUID = 128

    package let command: ControlCommand
    /// The name as the kernel has it, up to 127 bytes.
    package var name = ""
    /// The uuid as the kernel has it, up to 128 bytes.
    package var uuid = ""
    package var number: DeviceNumber?
    package var flags: ControlFlags
    package var eventNumber: UInt32 = 0
    package private(set) var targetCount: UInt32 = 0
    /// Room for the header, and what follows it.
    private(set) var bytes: SecretBuffer
    /// Where memory comes from, and goes.
    private let reserve: SecretReserve

    package init(_ command: ControlCommand, flags: ControlFlags = [], from reserve: SecretReserve = SecretReserve()) {
        self.command = command
        self.flags = flags
        self.reserve = reserve
        bytes = SecretBuffer(capacity: Self.headerSize, from: reserve)
        bytes.resize(to: Self.headerSize)
    }

    /// A request about a device. The kernel wants it named in one way only.
    package init(
        _ command: ControlCommand, _ device: MappedDeviceID, flags: ControlFlags = [], from reserve: SecretReserve = SecretReserve()
    ) {
        self.init(command, flags: flags, from: reserve)
        switch device {
        case .name(let name): self.name = name.description
        case .uuid(let uuid): self.uuid = uuid.description
        case .number(let number): self.number = number
        }
    }

    /// What errors call the device.
    package var deviceName: String? { !name.isEmpty ? name : !uuid.isEmpty ? uuid : number?.description }

    // MARK: what follows the header

    /// Adds a line of a table: `struct dm_target_spec`, 40 bytes, then the arguments with a zero byte, up to a multiple of 8 bytes.
    ///
    /// | offset | bytes | field |
    /// |---|---|---|
    /// | 0 | 8 | first sector |
    /// | 8 | 8 | number of sectors |
    /// | 16 | 4 | status, of answers |
    /// | 20 | 4 | how many bytes the next one is behind this one |
    /// | 24 | 16 | name of the target, with a zero byte |
    ///
    /// A name that is too long is cut to more bytes than the kernel takes, so that it refuses it.
    package mutating func appendTarget(start: UInt64, length: UInt64, type: String, arguments: Span<UInt8>) {
        let place = bytes.count
        let size = (TargetSpecification.size + arguments.count + 1 + 7) & ~7
        bytes.resize(to: place + TargetSpecification.size)
        bytes.append(arguments)
        bytes.resize(to: place + size)
        bytes.store(start, at: place)
        bytes.store(length, at: place + 8)
        bytes.store(UInt32(truncatingIfNeeded: size), at: place + 20)
        bytes.store(Array(type.utf8.prefix(TargetSpecification.typeNameRoom)).span, at: place + 24)
        targetCount += 1
    }

    /// Adds text with a zero byte: a new name, a new uuid, a geometry.
    package mutating func appendText(_ text: String) {
        bytes.append(text)
        bytes.append(0)
    }

    /// Adds a message to the target at a sector: the sector's number, then the words with a zero byte.
    package mutating func appendMessage(_ words: Span<UInt8>, sector: UInt64) {
        let place = bytes.count
        bytes.resize(to: place + 8)
        bytes.store(sector, at: place)
        bytes.append(words)
        bytes.append(0)
    }

    // MARK: what the kernel gets

    /// The lowest version of the interface that has all of this: a kernel refuses a request of a version that is newer than its own.
    package var version: DriverVersion { max(command.firstVersion, flags.firstVersion) }

    /// Makes the header, and room for an answer of up to `room` bytes, header included. Throws `invalidName` when a name or uuid does not fit.
    mutating func complete(room: Int) throws(MappingError) {
        try expect(name, "name", upTo: Self.longestName)
        try expect(uuid, "uuid", upTo: Self.longestUUID)
        let room = max(room, bytes.count)
        bytes.resize(to: room)
        for place in 0..<Self.headerSize { bytes[place] = 0 }
        bytes.store(version.major, at: 0)
        bytes.store(version.minor, at: 4)
        bytes.store(version.patch, at: 8)
        bytes.store(UInt32(truncatingIfNeeded: room), at: 12)
        bytes.store(UInt32(Self.headerSize), at: 16)
        bytes.store(targetCount, at: 20)
        bytes.store(flags.rawValue, at: 28)
        bytes.store(eventNumber, at: 32)
        if let number { bytes.store(number.encoded, at: 40) }
        bytes.store(Array(name.utf8).span, at: 48)
        bytes.store(Array(uuid.utf8).span, at: 176)
    }

    private func expect(_ text: String, _ title: String, upTo limit: Int) throws(MappingError) {
        guard text.utf8.count > limit else { return }
        throw MappingError(
            .invalidName, device: deviceName, command: command.name,
            message: "a \(title) has up to \(limit) bytes, this one has \(text.utf8.count)")
    }

    /// The flags of the answer that is in the memory.
    var answeredFlags: ControlFlags { ControlFlags(rawValue: word(at: 28)) }

    /// The kernel's version of the interface, which it tells even when it refuses.
    var answeredVersion: DriverVersion { DriverVersion(word(at: 0), word(at: 4), word(at: 8)) }

    private func word(at place: Int) -> UInt32 { bytes.withBytes { $0.number(at: place) } ?? 0 }

    /// Gives up the memory, in which the answer is now.
    consuming func intoBytes() -> SecretBuffer { bytes }

    /// Lends the memory to the kernel.
    mutating func withMutableBytes<Result, Failure: Error>(
        _ body: (inout MutableRawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withMutableBytes(body)
    }

    /// What follows the header, to send it again: the kernel may have wiped it.
    borrowing func copyOfPayload() -> SecretBuffer {
        var copy = SecretBuffer(capacity: bytes.count, from: reserve)
        bytes.withBytes { copy.append($0.extracting(Self.headerSize..<$0.count)) }
        return copy
    }

    /// The same request once more, with what followed the header.
    mutating func restore(_ payload: borrowing SecretBuffer) {
        bytes.removeAll()
        bytes.resize(to: Self.headerSize)
        payload.withBytes { bytes.append($0) }
    }
}

/// `struct dm_target_spec`; see ``ControlRequest/appendTarget(start:length:type:arguments:)``.
package enum TargetSpecification {
    static let size = 40
    /// How many bytes the name of a target has at most, with its zero byte: `DM_MAX_TYPE_NAME`.
    package static let typeNameRoom = 16
}

extension DeviceNumber {
    /// As the kernel encodes it: the minor number in bits 0 to 7 and 20 to 31, the major number in between.
    package var encoded: UInt64 { UInt64(minor & 0xff) | UInt64(major) << 8 | UInt64(minor >> 8) << 20 }

    package init(encoded: UInt64) {
        self.init(
            major: UInt32(truncatingIfNeeded: encoded >> 8 & 0xfff),
            minor: UInt32(truncatingIfNeeded: encoded & 0xff | encoded >> 12 & 0xf_ff00))
    }
}

extension SecretBuffer {
    mutating func store(_ number: some FixedWidthInteger & UnsignedInteger, at place: Int) {
        var rest = number.littleEndian  // on a big-endian machine, the bytes in the other order
        for index in 0..<number.bitWidth / 8 {
            self[place + index] = UInt8(truncatingIfNeeded: rest)
            rest >>= 8
        }
    }

    mutating func store(_ text: Span<UInt8>, at place: Int) {
        for index in text.indices { self[place + index] = text[index] }
    }
}

extension Span<UInt8> {
    /// A number in the byte order of the machine; `nil` when the bytes end before.
    func number<Number: FixedWidthInteger & UnsignedInteger>(at place: Int, _ type: Number.Type = Number.self) -> Number? {
        let size = Number.bitWidth / 8
        guard place >= 0, count >= size, place <= count - size else { return nil }
        var number: Number = 0
        for index in (0..<size).reversed() { number = number << 8 | Number(self[place + index]) }
        return number.littleEndian
    }

    /// Where the bytes from `place` on end with a zero byte; `nil` when there is none before `end`.
    func endOfText(at place: Int, before end: Int? = nil) -> Int? {
        guard place >= 0 else { return nil }
        var index = place
        let end = Swift.min(end ?? count, count)
        while index < end {
            if self[index] == 0 { return index }
            index += 1
        }
        return nil
    }

    /// The text from `place` on up to a zero byte. Bytes that are not UTF-8 are replaced.
    func text(at place: Int, before end: Int? = nil) -> String? {
        guard let end = endOfText(at: place, before: end) else { return nil }
        var bytes: [UInt8] = []
        for index in place..<end { bytes.append(self[index]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
