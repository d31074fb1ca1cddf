package import StorageUnits

/// A mapped device as a row of a report: what the kernel says of it, and what was found out besides as far as fields need it.
package struct ReportedDevice {
    package var name = ""
    package var uuid = ""
    package var flags: KernelReply.Flags = []
    package var number = DeviceNumber(major: 0, minor: 0)
    package var openCount: Int32 = 0
    package var targetCount: UInt32 = 0
    package var eventNumber: UInt32 = 0
    package var dependencies: [DeviceNumber] = []
    package var tree: (tree: DeviceTree, index: Int)?
    package var parts = DeviceNameParts(name: "", uuid: "", separator: nil)
    /// What the row is of, in a report of statistics.
    package var statistics: ReportedStatistics?

    package init() {}
}

extension ReportSections {
    static let name = ReportSections(rawValue: 1)
    static let information = ReportSections(rawValue: 2)
    static let dependencies = ReportSections(rawValue: 4)
    static let tree = ReportSections(rawValue: 8)
    static let nameParts = ReportSections(rawValue: 16)
    static let statistics: ReportSections = [.counters, .regions]
}

/// The fields of `info -c` and `splitname`.
struct DeviceReportFields {
    static let standard = "name,major,minor,attr,open,segments,events,uuid"
    static let splitName = "vg_name,lv_name,lv_layer"

    private let output: DmsetupOutput
    private let names: DeviceNames
    private let nodes: DeviceNodes
    private let mangling: StringMangling
    private let statistics: [ReportField<ReportedDevice>]

    init(_ dmsetup: Dmsetup) {
        statistics = StatsReportFields(dmsetup).all
        output = dmsetup.output
        names = dmsetup.names
        nodes = dmsetup.nodes
        mangling = dmsetup.mangling
    }

    var all: ReportFieldSet<ReportedDevice> {
        ReportFieldSet(
            sections: [
                ReportSection(.name, "Mapped Device Name", prefix: "name_"),
                ReportSection(.information, "Mapped Device Information", prefix: "info_"),
                ReportSection(.dependencies, "Mapped Device Relationship Information", prefix: "deps_"),
                ReportSection(.tree, "Mapped Device Relationship Information", prefix: "tree_"),
                ReportSection(.nameParts, "Mapped Device Name Components", prefix: "splitname_"),
            ] + StatsReportFields.sections,
            fields: nameFields + informationFields + relationFields + partFields + statistics)
    }

    private typealias Field = ReportField<ReportedDevice>

    private var nameFields: [Field] {
        [
            Field(.name, .string, "Name", 16, "name", "The device's name.") { ReportValue($0.name) },
            Field(.name, .string, "MangledName", 16, "mangled_name", "The name as the kernel has it.") {
                mangled($0.name, "name", "device name", .name)
            },
            Field(.name, .string, "UnmangledName", 16, "unmangled_name", "The name as people write it.") { unmangled($0.name) },
            Field(.name, .string, "UUID", 32, "uuid", "The device's uuid, if it has one.") { ReportValue($0.uuid) },
            Field(.name, .string, "MangledUUID", 32, "mangled_uuid", "The uuid as the kernel has it.") {
                mangled($0.uuid, "UUID", "device uuid", .uuid)
            },
            Field(.name, .string, "UnmangledUUID", 32, "unmangled_uuid", "The uuid as people write it.") { unmangled($0.uuid) },
            Field(.name, .number, "RAhead", 6, "read_ahead", "How many sectors are read ahead.") {
                ReportValue(nodes.readAhead(of: $0.name, $0.number) ?? 0)
            },
        ]
    }

    private var informationFields: [Field] {
        [
            Field(.information, .string, "BlkDevName", 16, "blkdevname", "The kernel's name of the block device.") {
                kernelName($0.number).map { ReportValue($0) }
            },
            Field(.information, .string, "Stat", 4, "attr", "L: live table, I: inactive table, s: suspended, r or w: read-only or not.") {
                let flags = $0.flags
                return ReportValue(
                    (flags.contains(.activePresent) ? "L" : "-") + (flags.contains(.inactivePresent) ? "I" : "-")
                        + (flags.contains(.suspended) ? "s" : "-") + (flags.contains(.readOnly) ? "r" : "w"))
            },
            Field(.information, .string, "Tables", 6, "tables_loaded", "Which tables there are: Live, Inactive, Both or None.") {
                switch ($0.flags.contains(.activePresent), $0.flags.contains(.inactivePresent)) {
                case (true, true): ReportValue("Both")
                case (true, false): ReportValue("Live")
                case (false, true): ReportValue("Inactive")
                case (false, false): ReportValue("None")
                }
            },
            Field(.information, .string, "Suspended", 9, "suspended", "Suspended or Active.") {
                ReportValue($0.flags.contains(.suspended) ? "Suspended" : "Active")
            },
            Field(.information, .string, "Read-only", 9, "readonly", "Read-only or Writeable.") {
                ReportValue($0.flags.contains(.readOnly) ? "Read-only" : "Writeable")
            },
            Field(.information, .string, "DevNo", 5, "devno", "The device's number, major:minor.") { ReportValue($0.number.description) },
            Field(.information, .number, "Maj", 3, "major", "The major number.") { ReportValue(Int32(bitPattern: $0.number.major)) },
            Field(.information, .number, "Min", 3, "minor", "The minor number.") { ReportValue(Int32(bitPattern: $0.number.minor)) },
            Field(.information, .number, "Open", 4, "open", "How often the device is open.") { ReportValue($0.openCount) },
            Field(.information, .number, "Targ", 4, "segments", "How many lines the live table has.") {
                ReportValue(Int32(bitPattern: $0.targetCount))
            },
            Field(.information, .number, "Event", 6, "events", "How many events there were.") { ReportValue($0.eventNumber) },
        ]
    }

    private var relationFields: [Field] {
        [
            Field(.dependencies, .number, "#Devs", 5, "device_count", "How many devices this one uses.") {
                ReportValue(Int32($0.dependencies.count))
            },
            Field(.tree, .string, "DevNamesUsed", 16, "devs_used", "The names of the mapped devices that this one uses.") {
                ReportValue(relatives($0, inverted: false) { $0.name })
            },
            Field(.dependencies, .string, "DevNosUsed", 16, "devnos_used", "The numbers of the devices that this one uses.") {
                ReportValue($0.dependencies.map(\.description).joined(separator: ","))
            },
            Field(.dependencies, .string, "BlkDevNamesUsed", 16, "blkdevs_used", "The kernel's names of the devices that this one uses.") {
                var list: [String] = []
                for number in $0.dependencies {
                    guard let name = kernelName(number) else { return nil }
                    list.append(name)
                }
                return ReportValue(list.joined(separator: ","))
            },
            Field(.tree, .number, "#Refs", 5, "device_ref_count", "How many mapped devices use this one.") {
                ReportValue(Int32($0.tree.map { $0.tree.childCount(of: $0.index, inverted: true) } ?? 0))
            },
            Field(.tree, .string, "RefNames", 8, "names_using_dev", "The names of the mapped devices that use this one.") {
                ReportValue(relatives($0, inverted: true) { $0.name })
            },
            Field(.tree, .string, "RefDevNos", 9, "devnos_using_dev", "The numbers of the mapped devices that use this one.") {
                ReportValue(relatives($0, inverted: true) { $0.number.major == 0 && $0.number.minor == 0 ? "" : $0.number.description })
            },
        ]
    }

    private var partFields: [Field] {
        [
            Field(.nameParts, .string, "Subsys", 6, "subsystem", "What made the device, as its uuid says.") {
                ReportValue($0.parts.subsystem)
            },
            Field(.nameParts, .string, "VG", 4, "vg_name", "The volume group of LVM.") { ReportValue($0.parts.lvm.volumeGroup) },
            Field(.nameParts, .string, "LV", 4, "lv_name", "The logical volume of LVM.") { ReportValue($0.parts.lvm.volume) },
            Field(.nameParts, .string, "LVLayer", 7, "lv_layer", "The layer of LVM.") { ReportValue($0.parts.lvm.layer) },
        ]
    }

    private func relatives(_ device: ReportedDevice, inverted: Bool, _ text: (DeviceTree.Node) -> String) -> String {
        guard let (tree, index) = device.tree else { return "" }
        return tree.children(of: index, inverted: inverted).map { text(tree.nodes[$0]) }.filter { !$0.isEmpty }.joined(separator: ",")
    }

    private func kernelName(_ number: DeviceNumber) -> String? {
        let name = names.kernelName(of: number)
        if name == nil { output.error("Could not resolve block device name for \(number).") }
        return name
    }

    private func mangled(_ text: String, _ title: String, _ longTitle: String, _ limit: StringMangling.Limit) -> ReportValue? {
        do throws(StringMangling.Failure) { return ReportValue(try mangling.mangleAnyway(text, title, limit: limit)) } catch {
            output.error(error.message)
            output.error("Failed to mangle \(longTitle) \"\(text)\".")
            return nil
        }
    }

    /// In the other modes names are unmangled already.
    private func unmangled(_ text: String) -> ReportValue { ReportValue(mangling == .none ? StringMangling.unmangled(text) : text) }
}
