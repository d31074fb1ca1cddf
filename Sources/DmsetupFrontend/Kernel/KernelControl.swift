package import DeviceMapperControl
internal import DeviceMapperTables
internal import StorageUnits

/// The kernel of this machine.
package final class KernelControl: KernelCalls {
    private let mapper: KernelMapper

    /// Opens the control device. In a directory of its own, dmsetup makes the node there; whichever is opened, the device is the same.
    package init(directory: String) throws(KernelAbsence) {
        if directory != "/dev/mapper" { System.makeControlNode(in: directory) }
        do throws(MappingError) { mapper = try KernelMapper.open() } catch {
            var messages = [
                "\(directory)/control: open failed: \(System.errorText(error.errno ?? System.noDevice))",
                "Failure to communicate with kernel device-mapper driver.",
            ]
            if System.isRoot { messages.append("Check that device-mapper is available in the kernel.") }
            throw KernelAbsence(messages: messages)
        }
    }

    package init(_ mapper: KernelMapper) { self.mapper = mapper }

    package func perform(_ request: borrowing KernelRequest) throws(KernelFailure) -> KernelReply {
        var control = mapper.makeRequest(Self.command(request.command))
        control.name = request.name
        control.uuid = request.uuid
        control.eventNumber = request.eventNumber
        control.flags = Self.flags(request)
        if let number = request.number {
            control.number = number
            control.flags.insert(.persistentDevice)
        }
        for (index, line) in request.table.lines.enumerated() {
            request.table.withArguments(of: index) { arguments in
                control.appendTarget(start: line.start, length: line.length, type: line.type, arguments: arguments)
            }
        }
        if let text = request.text { control.appendText(text) }
        if let message = request.message { control.appendMessage(Array(message.text.utf8).span, sector: message.sector) }
        do throws(MappingError) {
            // For dmsetup it is no error that nobody takes a message.
            return try Self.reply(try mapper.answer(to: control), to: request.command)
        } catch {
            let number = error.errno ?? System.invalidArgument
            throw KernelFailure(number: number, text: System.errorText(number))
        }
    }

    private static func command(_ command: KernelCommand) -> ControlCommand {
        switch command {
        case .create: .create
        case .reload: .load
        case .remove: .remove
        case .removeAll: .removeAll
        case .suspend, .resume: .suspend
        case .info, .mknodes: .info
        case .deps: .dependencies
        case .rename: .rename
        case .version: .version
        case .status, .table: .tableStatus
        case .wait: .wait
        case .names: .listDevices
        case .clear: .clear
        case .versions: .listVersions
        case .message: .message
        case .setGeometry: .setGeometry
        case .targetVersion: .targetVersion
        }
    }

    private static func flags(_ request: borrowing KernelRequest) -> ControlFlags {
        var flags: ControlFlags = []
        if request.command == .suspend { flags.insert(.suspend) }
        if request.command == .table { flags.insert(.statusTable) }
        // What may have keys in it does not stay in the kernel's memory.
        if [.reload, .table, .message].contains(request.command) { flags.insert(.secureData) }
        let pairs: [(KernelRequest.Flags, ControlFlags)] = [
            (.readOnly, .readOnly), (.noFlush, .noFlush), (.skipLockFS, .skipFreeze), (.inactive, .inactiveTable),
            (.deferredRemove, .deferredRemove), (.measurement, .measurement), (.setsUUID, .uuid),
        ]
        for (flag, control) in pairs where request.flags.contains(flag) { flags.insert(control) }
        return flags
    }

    private static func reply(_ control: consuming ControlReply, to command: KernelCommand) throws(MappingError) -> KernelReply {
        var reply = KernelReply()
        reply.version = (control.version.major, control.version.minor, control.version.patch)
        reply.flags = KernelReply.Flags(rawValue: control.flags.rawValue)
        reply.number = control.number
        reply.openCount = Int32(truncatingIfNeeded: control.openCount)
        reply.eventNumber = control.eventNumber
        reply.targetCount = UInt32(truncatingIfNeeded: control.targetCount)
        reply.name = control.name
        reply.uuid = control.uuid
        do throws(ReplyError) {
            switch command {
            case .status, .table, .wait:
                let error = control.forEachTarget { start, length, type, arguments in
                    reply.table.append(start: start, length: length, type: type, arguments: arguments)
                }
                if let error { throw error }
            case .names: reply.devices = try control.devices().map { .init(name: $0.name, number: $0.number) }
            case .deps: reply.dependencies = try control.dependencies()
            case .versions, .targetVersion:
                reply.targets = try control.targetVersions().map {
                    .init(name: $0.typeName, version: ($0.version.major, $0.version.minor, $0.version.patch))
                }
            case .message: reply.text = try control.text()
            default: break
            }
        } catch {
            throw MappingError(.kernel, message: error.description)
        }
        return reply
    }
}
