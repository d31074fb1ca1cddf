/// The flags of a request and of its answer: `dm_ioctl.flags`. The names of the kernel's constants are in the comments.
package struct ControlFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// `DM_READONLY_FLAG`: of a device when it is made, of a table when it is loaded.
    package static let readOnly = ControlFlags(rawValue: 1 << 0)
    /// `DM_SUSPEND_FLAG`: suspend, not resume; in answers: is suspended.
    package static let suspend = ControlFlags(rawValue: 1 << 1)
    /// `DM_PERSISTENT_DEV_FLAG`: the device gets the minor number of the request.
    package static let persistentDevice = ControlFlags(rawValue: 1 << 3)
    /// `DM_STATUS_TABLE_FLAG`: the table, not the status.
    package static let statusTable = ControlFlags(rawValue: 1 << 4)
    /// `DM_ACTIVE_PRESENT_FLAG`, of answers.
    package static let hasActiveTable = ControlFlags(rawValue: 1 << 5)
    /// `DM_INACTIVE_PRESENT_FLAG`, of answers.
    package static let hasInactiveTable = ControlFlags(rawValue: 1 << 6)
    /// `DM_BUFFER_FULL_FLAG`, of answers: there was more than fits, and what is there is of no use.
    package static let bufferFull = ControlFlags(rawValue: 1 << 8)
    /// `DM_SKIP_BDGET_FLAG`: without effect since long.
    package static let skipOpenCount = ControlFlags(rawValue: 1 << 9)
    /// `DM_SKIP_LOCKFS_FLAG`: a suspend does not freeze the file system.
    package static let skipFreeze = ControlFlags(rawValue: 1 << 10)
    /// `DM_NOFLUSH_FLAG`: a suspend does not wait for requests, a status commits no metadata.
    package static let noFlush = ControlFlags(rawValue: 1 << 11)
    /// `DM_QUERY_INACTIVE_TABLE_FLAG`.
    package static let inactiveTable = ControlFlags(rawValue: 1 << 12)
    /// `DM_UEVENT_GENERATED_FLAG`, of answers: udev was told, and will complete the cookie.
    package static let ueventGenerated = ControlFlags(rawValue: 1 << 13)
    /// `DM_UUID_FLAG`: a rename sets the uuid, a list has uuids.
    package static let uuid = ControlFlags(rawValue: 1 << 14)
    /// `DM_SECURE_DATA_FLAG`: the kernel wipes its copies of the request, and the caller's.
    package static let secureData = ControlFlags(rawValue: 1 << 15)
    /// `DM_DATA_OUT_FLAG`, of answers: a message has one.
    package static let dataOut = ControlFlags(rawValue: 1 << 16)
    /// `DM_DEFERRED_REMOVE`: remove when nobody has it open; in answers: will be.
    package static let deferredRemove = ControlFlags(rawValue: 1 << 17)
    /// `DM_INTERNAL_SUSPEND_FLAG`, of answers: the kernel itself holds it suspended.
    package static let internalSuspend = ControlFlags(rawValue: 1 << 18)
    /// `DM_IMA_MEASUREMENT_FLAG`: the status in the form that is measured.
    package static let measurement = ControlFlags(rawValue: 1 << 19)

    /// The first version of the interface that takes all of these in a request.
    package var firstVersion: DriverVersion {
        let minors: [(ControlFlags, UInt32)] = [
            (.noFlush, 12), (.inactiveTable, 16), (.uuid, 19), (.secureData, 20), (.deferredRemove, 27), (.measurement, 45),
        ]
        return DriverVersion(4, minors.lazy.filter { contains($0.0) }.map(\.1).max() ?? 0)
    }
}
