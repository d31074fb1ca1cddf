public import StorageUnits

/// Fails every request.
public struct ErrorTarget: Target {
    public static let typeName = "error"
    public static let syntax = TargetSyntax(
        summary: "Fails every request.",
        usage: "[<device> <start sector>]",
        examples: [.init(length: 2048, ""), .init(length: 2048, "/dev/sda 0")])

    /// A device whose limits and zones the mapped device takes over; never read nor written. Linux 6.3 and newer; the kernel does not
    /// print it back.
    public struct Model: Hashable, Sendable {
        /// The device.
        public var device: DeviceReference
        /// A sector of it.
        public var start: Sectors

        /// The device whose limits are taken over.
        public init(device: DeviceReference, start: Sectors = 0) {
            self.device = device
            self.start = start
        }
    }

    /// The device to resemble, if any.
    public var model: Model?

    /// Errors.
    public init(model: Model? = nil) { self.model = model }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        guard !arguments.isAtEnd else { return }
        let device = try arguments.device("device")
        model = Model(device: device, start: try arguments.sectors("start sector"))
    }

    public func write(to arguments: inout ArgumentWriter) {
        guard let model else { return }
        arguments.append(model.device)
        arguments.append(model.start)
    }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        if let device = model?.device { model?.device = transform(device) }
    }

    public func validate(length: Sectors) throws(TableError) {}

    /// The kernel does not print the device that this one resembles.
    public func isSatisfied(by reported: ErrorTarget) -> Bool { reported.model == nil || reported == self }
}
