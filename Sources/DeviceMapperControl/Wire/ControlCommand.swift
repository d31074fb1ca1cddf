/// A command of the control device: an `ioctl(2)` of `linux/dm-ioctl.h`.
package enum ControlCommand: UInt8, Sendable, CaseIterable {
    case version, removeAll, listDevices, create, remove, rename
    /// `DM_DEV_SUSPEND`: suspends with the flag of that name, and resumes without.
    case suspend
    /// `DM_DEV_STATUS`.
    case info
    case wait, load, clear, dependencies, tableStatus, listVersions, message, setGeometry, armPoll, targetVersion

    /// The request's number, `_IOWR(0xfd, command, struct dm_ioctl)`.
    package var request: UInt { 0xc138_fd00 + UInt(rawValue) }

    /// The kernel's name for it.
    package var name: String {
        switch self {
        case .version: "DM_VERSION"
        case .removeAll: "DM_REMOVE_ALL"
        case .listDevices: "DM_LIST_DEVICES"
        case .create: "DM_DEV_CREATE"
        case .remove: "DM_DEV_REMOVE"
        case .rename: "DM_DEV_RENAME"
        case .suspend: "DM_DEV_SUSPEND"
        case .info: "DM_DEV_STATUS"
        case .wait: "DM_DEV_WAIT"
        case .load: "DM_TABLE_LOAD"
        case .clear: "DM_TABLE_CLEAR"
        case .dependencies: "DM_TABLE_DEPS"
        case .tableStatus: "DM_TABLE_STATUS"
        case .listVersions: "DM_LIST_VERSIONS"
        case .message: "DM_TARGET_MSG"
        case .setGeometry: "DM_DEV_SET_GEOMETRY"
        case .armPoll: "DM_DEV_ARM_POLL"
        case .targetVersion: "DM_GET_TARGET_VERSION"
        }
    }

    /// The first version of the interface that has the command.
    package var firstVersion: DriverVersion {
        switch self {
        case .version, .removeAll, .listDevices, .create, .remove, .rename, .suspend, .info, .wait, .load, .clear, .dependencies,
            .tableStatus:
            DriverVersion(4, 0)
        case .listVersions: DriverVersion(4, 1)
        case .message: DriverVersion(4, 2)
        case .setGeometry: DriverVersion(4, 6)
        case .armPoll: DriverVersion(4, 37)
        case .targetVersion: DriverVersion(4, 41)
        }
    }

    /// Whether the kernel answers with more than the header.
    package var hasReply: Bool {
        switch self {
        case .listDevices, .wait, .dependencies, .tableStatus, .listVersions, .message, .targetVersion: true
        case .version, .removeAll, .create, .remove, .rename, .suspend, .info, .load, .clear, .setGeometry, .armPoll: false
        }
    }
}

/// A version of the control interface, or of a target.
public struct DriverVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// 4, for the control interface of every kernel since Linux 2.6.
    public var major: UInt32
    /// Grows with what is added.
    public var minor: UInt32
    /// Grows with what is mended.
    public var patch: UInt32

    /// A version.
    public init(_ major: UInt32, _ minor: UInt32, _ patch: UInt32 = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// `major.minor.patch`.
    public var description: String { "\(major).\(minor).\(patch)" }

    public static func < (left: DriverVersion, right: DriverVersion) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }
}
