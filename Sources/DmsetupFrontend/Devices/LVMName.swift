/// The parts of a device's name that LVM made: `volumegroup-volume-layer`, where a hyphen of a part is doubled.
package struct LVMName: Equatable {
    package var volumeGroup: String
    package var volume: String
    package var layer: String

    package init(splitting name: String) {
        var rest = Array(name.utf8)[...]
        volumeGroup = Self.part(&rest)
        volume = Self.part(&rest)
        // What is behind a third hyphen belongs to no part.
        layer = Self.part(&rest)
    }

    /// Takes the next part, and the hyphen behind it. A hyphen at the very end belongs to the part.
    private static func part(_ rest: inout ArraySlice<UInt8>) -> String {
        let hyphen = UInt8(ascii: "-")
        var part: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == hyphen, let next = rest.first {
                guard next == hyphen else { break }
                rest.removeFirst()
            }
            part.append(byte)
        }
        return String(decoding: part, as: UTF8.self)
    }
}

/// What a device's name and uuid say of who made it: the fields of the report that begin with `splitname_`.
package struct DeviceNameParts {
    package var subsystem: String
    package var lvm: LVMName

    /// The subsystem is what stands in front of `separator` in the uuid; without one there, or without a separator, it is nothing or all of it.
    package init(name: String, uuid: String, separator: Character?) {
        if let separator {
            subsystem = uuid.firstIndex(of: separator).map { String(uuid[..<$0]) } ?? ""
        } else {
            subsystem = uuid
        }
        lvm = LVMName(splitting: subsystem == "LVM" ? name : "")
    }
}
