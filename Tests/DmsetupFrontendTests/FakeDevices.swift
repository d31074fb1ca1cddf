import DmsetupFrontend
import StorageUnits

/// A kernel with a list of devices, which notes what it is asked.
final class FakeDevices: KernelCalls {
    struct Device {
        var name: String
        var uuid = ""
        var minor: UInt32
        var table: [(type: String, arguments: String)] = []
        var flags: KernelReply.Flags = [.activePresent]
        var uses: [DeviceNumber] = []
    }

    var devices: [Device]
    /// The error number of the next call of a command.
    var failures: [KernelCommand: Int32] = [:]
    private(set) var calls: [String] = []

    init(_ devices: [Device] = []) { self.devices = devices }

    func perform(_ request: borrowing KernelRequest) throws(KernelFailure) -> KernelReply {
        var call = request.command.rawValue
        if !request.name.isEmpty { call += " \(request.name)" }
        if !request.uuid.isEmpty { call += " uuid=\(request.uuid)" }
        if let number = request.number { call += " \(number)" }
        for (index, line) in request.table.lines.enumerated() {
            let arguments = request.table.withArguments(of: index) { text in String(decoding: text.indices.map { text[$0] }, as: UTF8.self)
            }
            call += " [\(line.start) \(line.length) \(line.type) \(arguments)]"
        }
        if let text = request.text { call += " '\(text)'" }
        if let message = request.message { call += " \(message.sector):'\(message.text)'" }
        if request.flags.contains(.readOnly) { call += " ro" }
        calls.append(call)
        if let number = failures.removeValue(forKey: request.command) { throw KernelFailure(number: number, text: "error \(number)") }
        var reply = KernelReply()
        reply.version = (4, 47, 0)
        switch request.command {
        case .names:
            reply.devices = devices.map { .init(name: $0.name, number: DeviceNumber(major: 254, minor: $0.minor)) }
            return reply
        case .create:
            devices.append(Device(name: request.name, uuid: request.uuid, minor: UInt32(devices.count), flags: []))
        case .version: return reply
        default: break
        }
        let name = request.name
        let number = request.number
        if !name.isEmpty, number != nil, request.command != .create { throw KernelFailure(number: 6, text: "No such device or address") }
        guard let device = devices.first(where: { name.isEmpty ? $0.minor == number?.minor : $0.name == name }) else {
            if request.command == .removeAll { return reply }
            throw KernelFailure(number: 6, text: "No such device or address")
        }
        reply.name = device.name
        reply.uuid = device.uuid
        reply.number = DeviceNumber(major: 254, minor: device.minor)
        reply.flags = device.flags
        reply.dependencies = device.uses
        reply.targetCount = UInt32(device.table.count)
        for (index, line) in device.table.enumerated() {
            reply.table.append(start: UInt64(8 * index), length: 8, type: line.type, arguments: Array(line.arguments.utf8).span)
        }
        return reply
    }
}

/// An udev that does not run.
final class NoUdev: UdevCalls {
    var isRunning: Bool { false }
    var hasSemaphores: Bool { true }
    func createCookie(owned: Bool) throws(UdevFailure) -> UInt32 { throw UdevFailure(.other, text: "no udev") }
    func semaphore(of cookie: UInt32) throws(UdevFailure) -> Int32 { throw UdevFailure(.absent, text: "no udev") }
    func increment(_ cookie: UInt32) throws(UdevFailure) { throw UdevFailure(.absent, text: "no udev") }
    func decrement(_ cookie: UInt32) throws(UdevFailure) { throw UdevFailure(.absent, text: "no udev") }
    func waitForZero(_ cookie: UInt32) throws(UdevFailure) { throw UdevFailure(.absent, text: "no udev") }
    func destroy(_ cookie: UInt32) throws(UdevFailure) { throw UdevFailure(.absent, text: "no udev") }
    func cookies() throws(UdevFailure) -> [UdevSemaphore] { [] }
}

/// The machine's semaphores, and an udev that is taken to run.
final class RunningUdev: UdevCalls {
    private let semaphores = UdevSemaphores()
    var isRunning: Bool { true }
    var hasSemaphores: Bool { true }
    func createCookie(owned: Bool) throws(UdevFailure) -> UInt32 { try semaphores.createCookie(owned: owned) }
    func semaphore(of cookie: UInt32) throws(UdevFailure) -> Int32 { try semaphores.semaphore(of: cookie) }
    func increment(_ cookie: UInt32) throws(UdevFailure) { try semaphores.increment(cookie) }
    func decrement(_ cookie: UInt32) throws(UdevFailure) { try semaphores.decrement(cookie) }
    func waitForZero(_ cookie: UInt32) throws(UdevFailure) { try semaphores.waitForZero(cookie) }
    func destroy(_ cookie: UInt32) throws(UdevFailure) { try semaphores.destroy(cookie) }
    func cookies() throws(UdevFailure) -> [UdevSemaphore] { try semaphores.cookies() }
}
