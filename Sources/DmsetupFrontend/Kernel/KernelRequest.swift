package import StorageUnits

/// What dmsetup can ask the kernel to do.
package enum KernelCommand: String, Sendable {
    // The names are those of dmsetup's messages.
    case create, reload, remove, removeAll = "remove_all", suspend, resume, info, deps, rename, version, status, table
    case wait = "waitevent"
    case names, clear, mknodes, versions, message
    case setGeometry = "setgeometry"
    case targetVersion = "target-version"
}

/// A call of the kernel's device mapper, before it has the form that goes through the control device.
package struct KernelRequest: ~Copyable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let readOnly = Flags(rawValue: 1 << 0)
        package static let noFlush = Flags(rawValue: 1 << 1)
        package static let skipLockFS = Flags(rawValue: 1 << 2)
        package static let inactive = Flags(rawValue: 1 << 3)
        package static let deferredRemove = Flags(rawValue: 1 << 4)
        package static let measurement = Flags(rawValue: 1 << 5)
        /// A rename sets the uuid, instead of the name.
        package static let setsUUID = Flags(rawValue: 1 << 6)
    }

    package var command: KernelCommand
    /// The device, by its name, uuid or number. What is given is sent, for the kernel to refuse.
    package var name = ""
    package var uuid = ""
    package var number: DeviceNumber?
    package var flags: Flags = []
    /// The event that is waited for, or the udev cookie with its flags.
    package var eventNumber: UInt32 = 0
    /// The table to load, with the kernel's quoting.
    package var table = RawTable()
    /// The new name or uuid, or a geometry.
    package var text: String?
    /// A message for the target at a sector.
    package var message: (sector: UInt64, text: String)?

    package init(_ command: KernelCommand) { self.command = command }
}

/// What the kernel answers.
package struct KernelReply: ~Copyable {
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        // The kernel's own bits.
        package static let readOnly = Flags(rawValue: 1 << 0)
        package static let suspended = Flags(rawValue: 1 << 1)
        package static let activePresent = Flags(rawValue: 1 << 5)
        package static let inactivePresent = Flags(rawValue: 1 << 6)
        package static let ueventGenerated = Flags(rawValue: 1 << 13)
        package static let dataOut = Flags(rawValue: 1 << 16)
        package static let deferredRemove = Flags(rawValue: 1 << 17)
    }

    package struct Device: Sendable {
        package var name: String
        package var number: DeviceNumber

        package init(name: String, number: DeviceNumber) {
            self.name = name
            self.number = number
        }
    }

    package struct TargetVersion: Sendable {
        package var name: String
        package var version: (UInt32, UInt32, UInt32)

        package init(name: String, version: (UInt32, UInt32, UInt32)) {
            self.name = name
            self.version = version
        }
    }

    package var version: (UInt32, UInt32, UInt32) = (0, 0, 0)
    package var flags: Flags = []
    package var number = DeviceNumber(major: 0, minor: 0)
    package var openCount: Int32 = 0
    package var eventNumber: UInt32 = 0
    package var targetCount: UInt32 = 0
    package var name = ""
    package var uuid = ""
    package var table = RawTable()
    package var devices: [Device] = []
    package var dependencies: [DeviceNumber] = []
    package var targets: [TargetVersion] = []
    /// The answer to a message.
    package var text: String?

    package init() {}
}
