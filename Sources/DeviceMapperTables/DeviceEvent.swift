public import StorageUnits

/// Something that happened to a device.
public struct DeviceEvent: Hashable, Sendable {
    /// What happened.
    public enum Kind: Hashable, Sendable {
        /// A target has something to tell, or the device was renamed, or has a new table.
        case changed
        /// The device is new.
        case added
        /// The device is gone.
        case removed
    }

    /// What happened.
    public var kind: Kind
    /// The device, as it is listed now; one that is gone, as it was listed last.
    public var device: ListedDevice

    /// Something that happened to a device.
    public init(kind: Kind, device: ListedDevice) {
        self.kind = kind
        self.device = device
    }
}

extension DeviceEvent {
    /// Adds the event to those that nobody has asked for yet. Of a device that has changed again only the last change is kept, and of one that came and went
    /// nothing: there are never more events than three for each device that there is, and one for each that there was when somebody last asked.
    package func add(to events: inout [DeviceEvent]) {
        let number = device.number
        switch kind {
        case .added: break
        case .changed:
            if let index = events.lastIndex(where: { $0.device.number == number }), events[index].kind == .changed {
                events[index] = self
                return
            }
        case .removed:
            // What comes before the device was added is of another one, which had its number.
            let added = events.lastIndex { $0.device.number == number && $0.kind == .added }
            events[(added ?? 0)...].removeAll { $0.device.number == number && $0.kind != .removed }
            if added != nil { return }
        }
        events.append(self)
    }
}

/// A device of a mapper's list.
public struct ListedDevice: Hashable, Sendable {
    /// The name as the mapper has it: not every name that a kernel has is one that it would take.
    public var name: String
    /// The number.
    public var number: DeviceNumber
    /// How many events there were; `nil` before Linux 4.14.
    public var eventNumber: UInt32?
    /// The uuid; `nil` when it has none, and before Linux 5.13.
    public var uuid: String?

    /// A device of a list.
    public init(name: String, number: DeviceNumber, eventNumber: UInt32? = nil, uuid: String? = nil) {
        self.name = name
        self.number = number
        self.eventNumber = eventNumber
        self.uuid = uuid
    }
}
