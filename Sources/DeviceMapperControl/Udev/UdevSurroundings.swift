/// What a mapper looks at to know whether there is an udev: this machine's, or a test's.
package struct UdevSurroundings: Sendable {
    /// Whether the environment says that udev is to be left out.
    package var isDisabled: @Sendable () -> Bool
    /// The file of the socket at which udevd listens, if there is one.
    package var socketFile: @Sendable () -> UdevDaemon.SocketFile?
    /// Whether udevd listens there, and can complete cookies.
    package var isRunning: @Sendable () -> Bool
    /// How long an udev is waited for that has let a deadline pass, and how often one that is waited for is looked after.
    package var shortPatience: Duration

    package init(
        isDisabled: @escaping @Sendable () -> Bool, socketFile: @escaping @Sendable () -> UdevDaemon.SocketFile?,
        isRunning: @escaping @Sendable () -> Bool, shortPatience: Duration = .seconds(1)
    ) {
        self.isDisabled = isDisabled
        self.socketFile = socketFile
        self.isRunning = isRunning
        self.shortPatience = shortPatience
    }

    /// Those of this machine.
    package static var machine: UdevSurroundings {
        UdevSurroundings(
            isDisabled: { UdevDaemon.isDisabledByEnvironment }, socketFile: { UdevDaemon.socketFile }, isRunning: { UdevDaemon.isRunning })
    }
}
