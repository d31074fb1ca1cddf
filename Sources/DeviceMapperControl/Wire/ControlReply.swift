package import DeviceMapperTables
package import StorageUnits

/// What the control device answered: the header, and what follows it. The kernel is believed as little as anybody: what does not fit is an error.
package struct ControlReply: ~Copyable {
    /// `DM_NAME_LIST_FLAG_HAS_UUID`.
    package static let hasUUIDFlag: UInt32 = 1
    /// The first version that lists devices with their event numbers: Linux 4.14.
    private static let firstWithEventNumbers = DriverVersion(4, 37)
    /// The first version that lists devices with their uuids, and looks for names and uuids itself: Linux 5.13.
    static let firstWithUUIDs = DriverVersion(4, 45)

    /// Where fields are in what follows the header.
    package enum Place {
        /// The name in `struct dm_name_list`.
        package static let deviceName = 12
        /// The name in `struct dm_target_versions`.
        package static let targetName = 16
        /// The first device in `struct dm_target_deps`.
        package static let dependencies = 8
    }

    package let command: ControlCommand
    /// 0, or more when nobody took a message: then the rest is the request's, or nothing.
    package let status: CInt
    private let bytes: SecretBuffer
    /// Where what follows the header begins and ends.
    private let payload: Range<Int>

    package let version: DriverVersion
    package let flags: ControlFlags
    package let targetCount: Int
    package let openCount: Int
    package let eventNumber: UInt32
    package let number: DeviceNumber
    package let name: String
    package let uuid: String

    init(_ command: ControlCommand, _ status: CInt, _ bytes: consuming SecretBuffer) throws(ReplyError) {
        let header = try bytes.withBytes { (bytes) throws(ReplyError) in try Header(bytes) }
        self.command = command
        self.status = status
        version = header.version
        flags = header.flags
        targetCount = header.targetCount
        openCount = header.openCount
        eventNumber = header.eventNumber
        number = header.number
        name = header.name
        uuid = header.uuid
        payload = header.payload
        self.bytes = bytes
    }

    private struct Header {
        var version: DriverVersion
        var flags: ControlFlags
        var targetCount: Int
        var openCount: Int
        var eventNumber: UInt32
        var number: DeviceNumber
        var name: String
        var uuid: String
        var payload: Range<Int>

        init(_ bytes: Span<UInt8>) throws(ReplyError) {
            func word(_ place: Int) throws(ReplyError) -> UInt32 {
                guard let word = bytes.number(at: place, UInt32.self) else { throw ReplyError("an answer of \(bytes.count) bytes") }
                return word
            }
            version = DriverVersion(try word(0), try word(4), try word(8))
            let size = Int(try word(12))
            let start = Int(try word(16))
            targetCount = Int(try word(20))
            openCount = Int(Int32(bitPattern: try word(24)))
            flags = ControlFlags(rawValue: try word(28))
            eventNumber = try word(32)
            guard let device = bytes.number(at: 40, UInt64.self), let name = bytes.text(at: 48, before: 176),
                let uuid = bytes.text(at: 176, before: 305)
            else { throw ReplyError("a name or uuid without an end") }
            number = DeviceNumber(encoded: device)
            self.name = name
            self.uuid = uuid
            let end = min(size, bytes.count)
            // Where nothing follows, the kernel says that it begins at 0, or behind the end.
            payload = start >= ControlRequest.headerSize && start <= end ? start..<end : 0..<0
        }
    }

    /// Calls `body` with each line of a table or status.
    ///
    /// `next` counts from the first line here, while it counts from the line itself in requests. Targets without a status leave what was there:
    /// zeroes, since requests are zeroed.
    package func forEachTarget<Failure: Error>(
        _ body: (_ start: UInt64, _ length: UInt64, _ type: String, _ arguments: Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) -> ReplyError? {
        var place = payload.lowerBound
        for _ in 0..<targetCount {
            var found: (start: UInt64, length: UInt64, type: String, arguments: Range<Int>, next: Int)?
            bytes.withBytes { all in
                let bytes = all.extracting(0..<payload.upperBound)
                guard let start = bytes.number(at: place, UInt64.self), let length = bytes.number(at: place + 8, UInt64.self),
                    let next = bytes.number(at: place + 20, UInt32.self),
                    let type = bytes.text(at: place + 24, before: place + 24 + TargetSpecification.typeNameRoom),
                    let end = bytes.endOfText(at: place + TargetSpecification.size)
                else { return }
                found = (start, length, type, place + TargetSpecification.size..<end, payload.lowerBound + Int(next))
            }
            guard let line = found, line.next > place else { return ReplyError("a table that ends too early") }
            try bytes.withBytes { (bytes) throws(Failure) in
                try body(line.start, line.length, line.type, bytes.extracting(line.arguments))
            }
            place = line.next
        }
        return nil
    }

    /// The devices of a list, `struct dm_name_list` each: number (8 bytes), distance to the next (4), name with a zero byte; then, from
    /// interface 4.37 on, from the next multiple of 8 bytes on: event number (4) and, from 4.45 on, flags (4), and the uuid when it was
    /// asked for. All begins at multiples of 8 bytes of the answer.
    package func devices() throws(ReplyError) -> [ListedDevice] {
        try bytes.withBytes { (all) throws(ReplyError) in
            let bytes = all.extracting(0..<payload.upperBound)
            var devices: [ListedDevice] = []
            var place = payload.lowerBound
            // An empty list is one entry without a number.
            guard !payload.isEmpty, let first = bytes.number(at: place, UInt64.self), first != 0 else { return [] }
            while true {
                guard let number = bytes.number(at: place, UInt64.self), let next = bytes.number(at: place + 8, UInt32.self),
                    let end = bytes.endOfText(at: place + Place.deviceName), let name = bytes.text(at: place + Place.deviceName)
                else { throw ReplyError("a list of devices that ends too early") }
                var device = ListedDevice(name: name, number: DeviceNumber(encoded: number))
                let behind = (end + 1 + 7) & ~7
                if version >= Self.firstWithEventNumbers { device.eventNumber = bytes.number(at: behind) }
                if version >= Self.firstWithUUIDs, let flags = bytes.number(at: behind + 4, UInt32.self), flags & Self.hasUUIDFlag != 0 {
                    device.uuid = bytes.text(at: behind + 8)
                }
                devices.append(device)
                guard next > 0 else { return devices }
                place += Int(next)
            }
        }
    }

    /// The devices that a table uses: their number (4 bytes), 4 bytes of nothing, then 8 bytes each.
    package func dependencies() throws(ReplyError) -> [DeviceNumber] {
        try bytes.withBytes { (all) throws(ReplyError) in
            let bytes = all.extracting(payload)
            guard !payload.isEmpty, let count = bytes.number(at: 0, UInt32.self) else { return [] }
            var numbers: [DeviceNumber] = []
            for index in 0..<Int(count) {
                guard let number = bytes.number(at: Place.dependencies + 8 * index, UInt64.self) else {
                    throw ReplyError("a list of dependencies that ends too early")
                }
                numbers.append(DeviceNumber(encoded: number))
            }
            return numbers
        }
    }

    /// The targets of a list, `struct dm_target_versions` each: distance to the next (4 bytes), version (12), name with a zero byte.
    package func targetVersions() throws(ReplyError) -> [TargetVersion] {
        try bytes.withBytes { (all) throws(ReplyError) in
            let bytes = all.extracting(0..<payload.upperBound)
            var versions: [TargetVersion] = []
            var place = payload.lowerBound
            guard !payload.isEmpty else { return [] }
            while true {
                guard let next = bytes.number(at: place, UInt32.self), let major = bytes.number(at: place + 4, UInt32.self),
                    let minor = bytes.number(at: place + 8, UInt32.self), let patch = bytes.number(at: place + 12, UInt32.self),
                    let name = bytes.text(at: place + Place.targetName)
                else { throw ReplyError("a list of targets that ends too early") }
                versions.append(TargetVersion(typeName: name, version: DriverVersion(major, minor, patch)))
                guard next > 0 else { return versions }
                place += Int(next)
            }
        }
    }

    /// The answer to a message, if there is one.
    package func text() throws(ReplyError) -> String? {
        guard flags.contains(.dataOut) else { return nil }
        return try bytes.withBytes { (all) throws(ReplyError) in
            guard let text = all.extracting(payload).text(at: 0) else { throw ReplyError("a text without an end") }
            return text
        }
    }
}

/// What is wrong with an answer.
package struct ReplyError: Error, Hashable, CustomStringConvertible {
    package var description: String
    init(_ what: String) { description = "the kernel's answer makes no sense: \(what)" }
}

/// A target that the kernel has, and its version.
public struct TargetVersion: Hashable, Sendable {
    /// The target's name.
    public var typeName: String
    /// Its version.
    public var version: DriverVersion

    /// A target and its version.
    public init(typeName: String, version: DriverVersion) {
        self.typeName = typeName
        self.version = version
    }
}
