internal import DeviceMapper

/// What commands tell of a mapped device.
struct DeviceReport: Encodable {
    var name: String
    /// The name in the kernel, where that is another one.
    var kernelName: String?
    var uuid: String?
    /// `major:minor`.
    var number: String
    /// `active`, `suspended`, or `no table`.
    var state: String
    /// `rw` or `ro`.
    var access: String
    var openCount: Int
    var eventNumber: UInt32
    var hasActiveTable: Bool
    var hasInactiveTable: Bool
    var isRemovalDeferred: Bool
    /// The size of the active table, in sectors.
    var sectors: UInt64
    /// The targets of the active table, each once, in the order of its lines.
    var targets: [String]

    init(_ info: MappedDeviceInfo, _ mapper: KernelMapper) throws(MappingError) {
        name = NameMangling.plain(info.name.description)
        if name != info.name.description { kernelName = info.name.description }
        uuid = (info.uuid?.description).map(NameMangling.plain)
        number = info.number.description
        state = !info.hasActiveTable ? "no table" : info.isSuspended ? "suspended" : "active"
        access = info.access.word
        openCount = info.openCount
        eventNumber = info.eventNumber
        hasActiveTable = info.hasActiveTable
        hasInactiveTable = info.hasInactiveTable
        isRemovalDeferred = info.isRemovalDeferred
        sectors = 0
        targets = []
        guard info.hasActiveTable else { return }
        do throws(MappingError) {
            for line in try mapper.status(of: .number(info.number), flush: false) {
                sectors = line.range.end.count
                if !targets.contains(line.typeName) { targets.append(line.typeName) }
            }
        } catch {
            // Its table, or the device, went away since.
            guard error.code == .notFound else { throw error }
        }
    }

    /// The state in words.
    var stateInWords: String { state + (isRemovalDeferred ? ", to be removed" : "") }

    var size: String { Sectors(sectors).bytes.map(\.formatted) ?? "" }
}

extension Access {
    /// `ro` or `rw`, as in the concise form.
    var word: String { self == .readOnly ? "ro" : "rw" }
}

/// A device that others are made of, or the kernel's name of any block device.
struct BlockName: Encodable {
    /// `major:minor`.
    var number: String
    /// The name of a mapped device, or the kernel's name of another, such as `sda1`.
    var name: String?
    var isMapped: Bool
}
