import DeviceMapper
import Glibc
import StorageUnits
import VolumeLaws

/// One of the two sides on which a test makes the same steps: the kernel's mapper over loop devices, or ours over files with the same bytes.
///
/// Tables and answers name members `m0`, `m1` and so on, and devices of the mapper `/dev/mapper/NAME`; a side has its own names for them.
final class MapperSide {
    let name: String
    let mapper: any Mapper
    /// Ours, where this is our side.
    let ours: UserspaceMapper?
    private let members: [DeviceReference]
    private let files: [String]
    private var opened: [String: any BlockDevice] = [:]

    /// The kernel's side, over loop devices of these files.
    init(kernelOver loops: [LoopDevice], files: [String]) throws {
        name = "kernel"
        mapper = try KernelMapper.open()
        ours = nil
        members = loops.map { .number($0.number) }
        self.files = files
    }

    /// Our side, over these files.
    init(oursOver files: [String], environment: VolumeEnvironment) {
        name = "ours"
        let mapper = UserspaceMapper(environment: environment)
        self.mapper = mapper
        ours = mapper
        members = files.map { .path($0) }
        self.files = files
    }

    // MARK: tables

    /// A table with the side's names of the members.
    func table(_ text: String) throws -> MappingTable {
        try MappingTable(parsing: text).mappingDevices { device in
            guard case .path(let path) = device, path.hasPrefix("m"), let index = Int(path.dropFirst()) else { return device }
            return members[index]
        }
    }

    /// The words of a status, a table or an answer, with the names that both sides have in common.
    func common(_ text: String) throws -> String {
        var names: [String: String] = [:]
        for (index, member) in members.enumerated() { names[member.description] = "m\(index)" }
        if ours == nil {
            for device in try KernelMapper.open().devices() { names[device.number.description] = "/dev/mapper/\(device.name)" }
        }
        return text.split(separator: " ", omittingEmptySubsequences: false).map { names[String($0)] ?? String($0) }.joined(separator: " ")
    }

    /// Words of a message, with the side's names of the members.
    func message(_ words: [String]) -> OpaqueMessage {
        OpaqueMessage(
            words.map { word in
                guard word.hasPrefix("m"), let index = Int(word.dropFirst()), members.indices.contains(index) else { return word }
                return members[index].description
            })
    }

    /// What the target of each line tells, a line each.
    func status(of device: String) throws -> String {
        try mapper.status(of: .name(DeviceName(device)), in: .active).map { try common($0.text.trimmingBlanks) }.joined(separator: "\n")
    }

    // MARK: requests

    /// The device, open until `close`.
    func open(_ device: String) throws -> any BlockDevice {
        if let device = opened[device] { return device }
        let id = MappedDeviceID.name(try DeviceName(device))
        let new: any BlockDevice =
            if let ours { try ours.open(id) } else { try KernelBlockDevice("/dev/dm-\(try mapper.info(of: id).number.minor)") }
        opened[device] = new
        return new
    }

    func close(_ device: String) { opened[device] = nil }

    /// The bytes of a member, when everything is closed.
    func memberBytes(_ index: Int) throws -> [UInt8] { try RawFile.bytes(files[index]) }

    /// Closes and removes everything, whatever state it is in.
    func end() throws {
        opened = [:]
        let names = try ours.map { $0.devices().map(\.name) } ?? KernelMapper.open().devices().map(\.name)
        for _ in names {
            for device in names {
                let id = MappedDeviceID.name(try DeviceName(device))
                // Its requests would wait for ever.
                _ = try? mapper.resume(id)
                try? mapper.remove(id, deferred: false)
            }
        }
    }
}

extension String {
    /// Without the blanks at its end that some of the kernel's statuses have.
    fileprivate var trimmingBlanks: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
