internal import DeviceMapper

/// What keeps a command from doing its work: told on standard error, with exit status 1.
struct CommandFailure: Error {
    var message: String
    init(_ message: String) { self.message = message }

    /// What the kernel's device mapper refuses, and what can be done about it.
    init(_ error: MappingError) { message = "\(error)" + (Self.advice(error).map { "; \($0)" } ?? "") }

    /// What keeps an image from being opened, or emptied.
    init(image error: BlockIOError) { message = error.description + Self.advice(isInUse: error.code == .inUse && error.errno != nil) }

    /// What keeps a table's devices from being opened, and what messages call the table.
    init(table name: String, _ error: MappingError) {
        message = "\(name): \(error)" + Self.advice(isInUse: error.code == .busy && error.errno != nil)
    }

    /// Not where this process is the holder, which the system has no error number for: by force it would destroy what it reads.
    private static func advice(isInUse: Bool) -> String { isInUse ? "; --force-unlocked opens it all the same" : "" }

    private static func advice(_ error: MappingError) -> String? {
        switch error.code {
        case .permissionDenied: "run devmap as root (sudo devmap ...); 'devmap volume' needs no rights"
        // Only opening the control device names it.
        case .unsupported where error.device == "/dev/mapper/control": "'devmap volume' runs tables without it"
        case .unsupported where error.errno != nil && error.line != nil:
            "'modprobe dm-<target>' tells why, and 'devmap target-versions' lists what is there"
        case .busy where error.command == "DM_DEV_REMOVE":
            "unmount it, or close what is on it; --deferred removes it as soon as nobody uses it, --stack what is below it, too"
        case .invalidTable where error.errno != nil && error.kernelReason == nil: "the kernel's log may have the reason: dmesg"
        default: nil
        }
    }
}
