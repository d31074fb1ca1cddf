internal import ArgumentParser
internal import DeviceMapper

/// A mapped device as somebody names it.
enum KernelDevice {
    case name(String)
    case uuid(String)
    case number(DeviceNumber)
    /// By the path of its node, such as `/dev/dm-0` or a link that leads there.
    case path(String)

    /// A word of the command line: `MAJOR:MINOR`, a path, or a name.
    init(_ word: String) {
        let directory = "/dev/mapper/"
        if let number = DeviceNumber(parsing: word) {
            self = .number(number)
        } else if word.hasPrefix(directory) {
            self = .name(String(word.dropFirst(directory.count)))
        } else if word.hasPrefix("/") {
            self = .path(word)
        } else {
            self = .name(word)
        }
    }

    /// The device as the kernel is asked for it. A name that udev does not take as it is, such as `my disk`, is `my\x20disk` in the kernel when
    /// libdevmapper or this command made it, and as it is when another program did.
    func id(in mapper: KernelMapper) throws(MappingError) -> MappedDeviceID {
        switch self {
        case .number(let number): return .number(number)
        case .path(let path):
            guard let number = DeviceNodes.blockDevice(at: path) else {
                throw MappingError(.notFound, device: path, message: "there is no such block device")
            }
            return .number(number)
        case .name(let text):
            return try Self.existing(text, as: .name, in: mapper) { (text) throws(MappingError) in .name(try DeviceName(text)) }
        case .uuid(let text):
            return try Self.existing(text, as: .uuid, in: mapper) { (text) throws(MappingError) in .uuid(try DeviceUUID(text)) }
        }
    }

    private static func existing(
        _ text: String, as kind: NameMangling.Kind, in mapper: KernelMapper, _ id: (String) throws(MappingError) -> MappedDeviceID
    ) throws(MappingError) -> MappedDeviceID {
        var spellings = [text]
        // The first is the one that errors tell.
        if let mangled = try? NameMangling.auto.mangle(text, as: kind), mangled != text { spellings.insert(mangled, at: 0) }
        if let plain = try? NameMangling.auto.unmangle(text), plain != text { spellings.append(plain) }
        if spellings.count > 1 {
            for spelling in spellings {
                guard let id = try? id(spelling) else { continue }
                do throws(MappingError) {
                    _ = try mapper.info(of: id)
                    return id
                } catch {
                    guard error.code == .notFound else { throw error }
                }
            }
        }
        return try id(spellings[0])
    }
}

extension DeviceName {
    /// The name that a device gets for what somebody calls it: mangled as libdevmapper does, so that udev takes it.
    init(calling name: String) throws(MappingError) { try self.init(try NameMangling.auto.mangle(name)) }
}

extension DeviceUUID {
    /// The uuid that a device gets, mangled as libdevmapper does.
    init(calling uuid: String) throws(MappingError) { try self.init(try NameMangling.auto.mangle(uuid, as: .uuid)) }
}

extension NameMangling {
    /// A name or uuid of the kernel as people call it.
    static func plain(_ name: String) -> String { (try? auto.unmangle(name)) ?? name }

    /// The same for a terminal, to which characters that control it are not sent: the name is left mangled then.
    static func shown(_ name: String) -> String {
        let plain = plain(name)
        guard hasControlCharacter(plain) else { return plain }
        return hasControlCharacter(name) ? (try? hex.mangle(name)) ?? "?" : name
    }

    private static func hasControlCharacter(_ text: String) -> Bool {
        text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

/// The one device that a command works on, and the words behind it.
struct DeviceArgument: ParsableArguments {
    @Argument(
        help: "The device: its name, the path of its node, or MAJOR:MINOR.",
        completion: .shellCommand("ls -I control /dev/mapper 2>/dev/null"))
    var device: String?

    @Option(help: "The device's uuid, in place of <device>.") var uuid: String?

    /// The device, and the words behind it: beside `--uuid`, what stands in the device's place is the first of them.
    func split(_ words: [String?]) throws -> (device: KernelDevice, words: [String]) {
        let words = words.compactMap { $0 }
        switch (device, uuid) {
        case (let word, let uuid?): return (.uuid(uuid), (word.map { [$0] } ?? []) + words)
        case (let word?, nil): return (KernelDevice(word), words)
        case (nil, nil): throw ValidationError("Give a device: <device> or --uuid <uuid>.")
        }
    }

    /// The device of a command that takes nothing else.
    func alone() throws -> KernelDevice {
        let (device, words) = try split([])
        guard words.isEmpty else { throw ValidationError("Give either <device> or --uuid <uuid>.") }
        return device
    }
}

/// Any number of devices.
struct DevicesArgument: ParsableArguments {
    @Argument(
        help: "The devices: names, paths of nodes, or MAJOR:MINOR.", completion: .shellCommand("ls -I control /dev/mapper 2>/dev/null"))
    var devices: [String] = []

    @Option(name: .customLong("uuid"), help: "A device's uuid. May be given several times.") var uuids: [String] = []

    private var chosen: [KernelDevice] { devices.map(KernelDevice.init) + uuids.map(KernelDevice.uuid) }
    var isEmpty: Bool { devices.isEmpty && uuids.isEmpty }

    /// What is known of the devices; of all, in the order of their numbers, when none is given.
    func infos(in mapper: KernelMapper) throws(MappingError) -> [MappedDeviceInfo] {
        guard !isEmpty else { return try mapper.infosOfAll() }
        var infos: [MappedDeviceInfo] = []
        for device in chosen { infos.append(try mapper.info(of: try device.id(in: mapper))) }
        return infos
    }

    /// Does something to each device; those that it fails for are told, and keep no other from it.
    func forEach(in mapper: KernelMapper, _ body: (MappedDeviceID) throws(MappingError) -> Void) throws {
        var hasFailed = false
        for device in chosen {
            do throws(MappingError) { try body(try device.id(in: mapper)) } catch {
                Terminal.writeError("devmap: \(CommandFailure(error).message)\n")
                hasFailed = true
            }
        }
        if hasFailed { throw ExitCode(1) }
    }

    func expectAny() throws { if isEmpty { throw ValidationError("Give a device: <device> or --uuid <uuid>.") } }
}

extension KernelMapper {
    /// What is known of all devices, in the order of their numbers.
    func infosOfAll() throws(MappingError) -> [MappedDeviceInfo] {
        var infos: [MappedDeviceInfo] = []
        for device in try devices() {
            do throws(MappingError) { infos.append(try info(of: .number(device.number))) } catch {
                // It went away since.
                guard error.code == .notFound else { throw error }
            }
        }
        return infos.sorted { ($0.number.major, $0.number.minor) < ($1.number.major, $1.number.minor) }
    }
}

/// A number of seconds, with a fraction if need be.
struct Seconds: ExpressibleByArgument {
    var duration: Duration

    init?(argument: String) {
        guard let seconds = Double(argument), seconds >= 0, seconds <= 1e9 else { return nil }
        duration = .seconds(seconds)
    }
}
