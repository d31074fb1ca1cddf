/// Whether a mapper works together with udev, which makes `/dev/mapper/NAME` where it runs, and looks into new devices.
public enum UdevPolicy: Hashable, Sendable {
    /// Where udev runs it is told and waited for, unless `DM_DISABLE_UDEV` is set in the environment, as for libdevmapper.
    case automatic
    /// udev is told to leave the devices alone, and the nodes are made here.
    case never
}

/// What udev is told of a change: the upper 16 bits of the event number of a request. The names of libdevmapper's constants are in the comments.
package struct UdevFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `DM_UDEV_DISABLE_DM_RULES_FLAG`: no node in `/dev/mapper`.
    package static let disableRules = UdevFlags(rawValue: 1 << 0)
    /// `DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG`: no rules of LVM and the like.
    package static let disableSubsystemRules = UdevFlags(rawValue: 1 << 1)
    /// `DM_UDEV_DISABLE_DISK_RULES_FLAG`: no links in `/dev/disk`.
    package static let disableDiskRules = UdevFlags(rawValue: 1 << 2)
    /// `DM_UDEV_DISABLE_OTHER_RULES_FLAG`.
    package static let disableOtherRules = UdevFlags(rawValue: 1 << 3)
    /// `DM_UDEV_LOW_PRIORITY_FLAG`: links in `/dev/disk` rather go to another device.
    package static let lowPriority = UdevFlags(rawValue: 1 << 4)
    /// `DM_UDEV_DISABLE_LIBRARY_FALLBACK`: what udev leaves undone stays so.
    package static let disableFallback = UdevFlags(rawValue: 1 << 5)
    /// `DM_UDEV_PRIMARY_SOURCE_FLAG`: the change comes from a program that knows what it does. Without it udev's rules pass an event over.
    package static let primarySource = UdevFlags(rawValue: 1 << 6)

    /// The event number of a request, with a cookie's base where udev is to complete one.
    package func eventNumber(_ cookie: UdevCookie? = nil) -> UInt32 { UInt32(rawValue) << 16 | UInt32(cookie?.base ?? 0) }
}
