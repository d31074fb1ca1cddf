public import DeviceMapperTables
public import Logging
public import StorageUnits
internal import SystemPackage

/// The kernel's device mapper, without libdevmapper: `/dev/mapper/control` and what udev and `/dev/mapper` need.
///
/// Every call may block, as long as the kernel and udev do, and can be made from any thread. Requires `CAP_SYS_ADMIN`, and Linux.
///
/// Each call that changes a device waits until udev has made or removed `/dev/mapper/NAME`, except ``removeAll(deferred:)``; where no udev
/// runs, this does it. Nothing waits without an end: see ``Options``.
public final class KernelMapper: Mapper {
    /// How a mapper deals with what is around the kernel.
    public struct Options: Sendable {
        /// Whether udev is waited for.
        public var udev: UdevPolicy = .automatic
        /// How long udev is waited for; then its work is done here, as far as it was not. A device whose udev rules take longer works all the same.
        /// An udev that has let it pass is waited for a second at most, until it answers in time again.
        public var udevDeadline: Duration = .seconds(30)
        /// How long removing a device that somebody has open is tried again: udev, for one, looks into every new device.
        public var busyDeadline: Duration = .seconds(5)
        /// Owner and mode of the nodes that are made here.
        public var nodes = NodePermissions()
        /// The largest answer that is taken from the kernel: a table of a million lines has about 100 MiB.
        public var replyLimit: ByteCount = ByteCount(1 << 28)
        /// Takes what nobody can be told otherwise, such as an udev that does not answer.
        public var logger = Logger(label: "device-mapper", factory: { _ in SwiftLogNoOpLogHandler() })

        /// The defaults.
        public init() {}
    }

    let transport: any ControlTransport
    let options: Options
    let nodes: DeviceNodes
    let udev: UdevExperience
    /// The memory of requests and answers, kept from one to the next.
    let reserve = SecretReserve()

    /// Opens the control device.
    ///
    /// Throws `permissionDenied` without root rights, and `unsupported` where there is no device mapper.
    public static func open(_ options: Options = Options()) throws(MappingError) -> KernelMapper {
        KernelMapper(try KernelTransport(), options)
    }

    package init(
        _ transport: any ControlTransport, _ options: Options = Options(), nodeDirectory: String = DeviceNodes.standardDirectory,
        udev: UdevSurroundings = .machine
    ) {
        self.transport = transport
        self.options = options
        nodes = DeviceNodes(directory: nodeDirectory, permissions: options.nodes)
        self.udev = UdevExperience(udev)
    }

    // MARK: requests

    /// A request that lies in memory that this mapper keeps.
    package func makeRequest(_ command: ControlCommand, flags: ControlFlags = []) -> ControlRequest {
        ControlRequest(command, flags: flags, from: reserve)
    }

    /// The same, about a device.
    func makeRequest(_ command: ControlCommand, _ device: MappedDeviceID, flags: ControlFlags = []) -> ControlRequest {
        ControlRequest(command, device, flags: flags, from: reserve)
    }

    /// Carries a request to the kernel.
    package func perform(_ request: consuming ControlRequest) throws(MappingError) -> ControlReply {
        let device = request.deviceName
        let command = request.command
        let reply = try answer(to: request)
        guard reply.status == 0 else {
            guard command == .message else {
                throw MappingError(
                    .kernel, device: device, command: command.name, message: "the kernel returns \(reply.status), and says nothing else")
            }
            throw MappingError(.notFound, device: device, command: command.name, message: "the device has no active table")
        }
        return reply
    }

    /// Carries a request to the kernel, also one that nobody takes. An answer that does not fit is asked for again with more room, up to the limit.
    package func answer(to request: consuming ControlRequest) throws(MappingError) -> ControlReply {
        var request = request
        guard request.command.hasReply else {
            let status = try call(&request, room: 0)
            return try Self.reply(request, status)
        }
        let payload = request.copyOfPayload()
        var room = min(1 << 14, Int(clamping: options.replyLimit.count))
        while true {
            let status = try call(&request, room: room)
            guard request.answeredFlags.contains(.bufferFull) else { return try Self.reply(request, status) }
            guard room < options.replyLimit.count else {
                throw MappingError(
                    .kernel, device: request.deviceName, command: request.command.name,
                    message: "the kernel's answer has more than \(options.replyLimit) bytes")
            }
            room = min(4 * room, Int(clamping: options.replyLimit.count))
            request.restore(payload)
        }
    }

    private func call(_ request: inout ControlRequest, room: Int) throws(MappingError) -> CInt {
        let command = request.command
        while true {
            try request.complete(room: room)
            do throws(Errno) {
                return try request.withMutableBytes { (bytes) throws(Errno) in try transport.perform(command, &bytes) }
            } catch {
                // A suspend that a signal ended is undone, and nothing of the request is lost.
                if error == .interrupted, command == .suspend { continue }
                throw Self.failure(of: request, error)
            }
        }
    }

    private static func reply(_ request: consuming ControlRequest, _ status: CInt) throws(MappingError) -> ControlReply {
        let command = request.command
        do throws(ReplyError) { return try ControlReply(command, status, request.intoBytes()) } catch {
            throw MappingError(.kernel, command: command.name, message: error.description)
        }
    }

    /// What an error number means for a command.
    private static func failure(of request: borrowing ControlRequest, _ error: Errno) -> MappingError {
        let command = request.command
        func failure(_ code: MappingError.Code, _ message: String) -> MappingError {
            MappingError(code, device: request.deviceName, command: command.name, errno: error.rawValue, message: message)
        }
        let version = request.answeredVersion
        switch error {
        case .noSuchAddressOrDevice where command == .create:
            return failure(.exists, "the minor number is taken, or the kernel has no memory left")
        case .noSuchAddressOrDevice where command == .message:
            return failure(.notFound, "there is no such device, or it has no target there")
        case .noSuchAddressOrDevice: return failure(.notFound, "there is no such device")
        case .resourceBusy where command == .create || command == .rename:
            return failure(.exists, "a device of that name, uuid or number exists")
        case .resourceBusy where command == .load: return failure(.busy, "a device of the table is in use")
        case .resourceBusy: return failure(.busy, "the device is in use")
        case .notPermitted, .permissionDenied:
            return failure(.permissionDenied, "not permitted: device mapper needs root rights (CAP_SYS_ADMIN)")
        case .noMemory: return failure(.outOfMemory, "the kernel has no memory left")
        // After a request with SECURE_DATA even the version may be wiped.
        case .invalidArgument where version.major > 0 && version < request.version:
            return failure(.unsupported, "the kernel's device mapper has version \(version), and this needs \(request.version)")
        case .invalidArgument where command == .load || command == .suspend:
            return failure(.invalidTable, "the kernel refuses the table")
        case .invalidArgument where command == .message: return failure(.invalidMessage, "the target refuses the message")
        case .inappropriateIOCTLForDevice: return failure(.unsupported, "the kernel's device mapper does not know this command")
        default: return failure(command == .load ? .invalidTable : .kernel, "\(error)")
        }
    }
}
