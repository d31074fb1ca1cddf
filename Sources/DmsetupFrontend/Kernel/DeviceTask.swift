internal import StorageUnits

/// A call of the device mapper in the making: which device it is about, and what it is to do. The verbs fill it in.
final class DeviceTask {
    /// The node in /dev/mapper is made when a device is created, or when it is resumed.
    enum NodeTime {
        case onCreate, onResume
    }

    var command: KernelCommand
    /// The device's name as the kernel has it.
    private(set) var name: String?
    private(set) var uuid: String?
    /// The device's number, as far as it is one.
    var major: Int32 = -1
    var minor: Int32 = -1
    /// Whether a major number that mapped devices do not have is replaced by theirs.
    var correctsMajor = true
    var flags: KernelRequest.Flags = []
    var eventNumber: UInt32 = 0
    /// Whether the event's number has udev's flags, and a cookie where udev is waited for.
    var hasCookie = false
    var table = RawTable()
    /// The new name or uuid of a rename, a geometry.
    var text: String?
    var message: (sector: UInt64, text: String)?
    var retries = false
    var checks = false
    var nodeTime = NodeTime.onResume
    var permissions = DeviceNodes.Permissions()
    var readAhead = ReadAhead.auto

    init(_ command: KernelCommand) { self.command = command }

    func setName(_ name: String) { self.name = name }
    func setUUID(_ uuid: String?) { self.uuid = uuid }

    /// What messages call the device: its name, uuid and number, as far as they are known.
    var title: String {
        let number = major > 0 ? "(\(major):\(minor >= 0 ? String(minor) : ""))" : ""
        return "\(name ?? "") \(uuid ?? "")\(number.isEmpty ? "" : number)"
    }

    /// Whether a table is sent without the name, since the number is known.
    private var isNumbered: Bool { (command == .resume || command == .reload) && major >= 0 && minor >= 0 }

    /// The request to the kernel. The kernel removes a backslash of a table in front of any byte; here people write each as they mean it.
    func request() -> KernelRequest {
        var request = KernelRequest(command)
        if !isNumbered { request.name = name ?? "" }
        request.uuid = uuid ?? ""
        if minor >= 0 { request.number = DeviceNumber(major: UInt32(bitPattern: major), minor: UInt32(bitPattern: minor)) }
        request.flags = flags
        request.eventNumber = eventNumber
        request.text = text
        request.message = message
        if command == .reload {
            for (index, line) in table.lines.enumerated() {
                table.withArguments(of: index) { arguments in
                    var quoted = SecretBuffer(capacity: arguments.count)
                    for index in arguments.indices {
                        if arguments[index] == UInt8(ascii: "\\") { quoted.append(arguments[index]) }
                        quoted.append(arguments[index])
                    }
                    request.table.append(start: line.start, length: line.length, type: line.type, arguments: quoted.bytes)
                }
            }
        }
        return request
    }
}

/// What a call of the device mapper found out, with names as people see them.
struct DeviceAnswer: ~Copyable {
    var reply: KernelReply
    /// Whether there is such a device: some calls only ask that.
    var exists = true

    var flags: KernelReply.Flags { reply.flags }
    var number: DeviceNumber { reply.number }
    var name: String { reply.name }
    var uuid: String { reply.uuid }
}
