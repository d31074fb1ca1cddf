/// Waits until udev has made the nodes of a device, or decides not to.
///
/// An event that a call makes carries a cookie: udev counts the cookie's semaphore down when it is done.
final class UdevSynchronization {
    /// What udev's rules are asked to do: the upper half of an event's number.
    struct Rules: OptionSet {
        let rawValue: UInt16

        static let disableMapperRules = Rules(rawValue: 0x01)
        static let disableSubsystemRules = Rules(rawValue: 0x02)
        /// udev makes the nodes, and nobody else.
        static let disableLibraryFallback = Rules(rawValue: 0x20)
        /// The event is from somebody who knows of these flags.
        static let primarySource = Rules(rawValue: 0x40)

        init(rawValue: UInt16) { self.rawValue = rawValue }
        init(eventNumber: UInt32) { rawValue = UInt16(eventNumber >> 16) }
        var eventNumber: UInt32 { UInt32(rawValue) << 16 }
    }

    private let calls: any UdevCalls
    private let output: DmsetupOutput
    /// `DM_DISABLE_UDEV`.
    private let isDisabled: Bool
    private var isWanted = true
    /// Whether nodes that udev did not make are told.
    var isChecking = true
    private var requirements: Bool?

    init(_ calls: any UdevCalls, _ output: DmsetupOutput, isDisabled: Bool) {
        self.calls = calls
        self.output = output
        self.isDisabled = isDisabled
    }

    /// Goes on without udev.
    func stop() {
        _ = checkRequirements()
        isWanted = false
    }

    /// Whether udev is waited for.
    var isActive: Bool { checkRequirements() && !isDisabled && isWanted }

    private func checkRequirements() -> Bool {
        if let requirements { return requirements }
        let hasSemaphores = calls.hasSemaphores
        if !hasSemaphores {
            output.warn("Kernel not configured for semaphores (System V IPC). Not using udev synchronisation code.")
        }
        let isRunning = calls.isRunning
        if isDisabled, isRunning {
            output.warn(
                "Udev is running and DM_DISABLE_UDEV environment variable is set. Bypassing udev, device-mapper library will manage device "
                    + "nodes in device directory.")
        }
        let result = hasSemaphores && isRunning
        requirements = result
        return result
    }

    // MARK: cookies

    /// Prepares an event: counts the cookie up, or makes one where there is none, and returns the number that the event carries.
    func begin(_ rules: Rules, cookie: inout UInt32) throws(Told) -> UInt32 {
        var rules = rules
        if isDisabled {
            rules.remove(.disableLibraryFallback)
            rules.formUnion([.disableMapperRules, .disableSubsystemRules])
        }
        guard isActive else {
            cookie = 0
            return rules.eventNumber
        }
        let semaphore: Int32
        if cookie != 0 {
            semaphore = try find(cookie)
        } else {
            cookie = try create(owned: true)
            semaphore = try find(cookie)
        }
        do throws(UdevFailure) { try calls.increment(cookie) } catch {
            output.error("semid \(semaphore): semop failed for cookie 0x\(hex(cookie)): \(error.text)")
            output.error("Could not set notification semaphore identified by cookie value \(decimal(cookie))")
            throw Told()
        }
        return rules.eventNumber | cookie & ~DmsetupCookie.flagsMask
    }

    /// A new cookie, this process's own or for others that follow; 0 when udev is not waited for.
    func create(owned: Bool) throws(Told) -> UInt32 {
        guard isActive else { return 0 }
        do throws(UdevFailure) { return try calls.createCookie(owned: owned) } catch {
            output.error("Failed to create notification semaphore: \(error.text)")
            throw Told()
        }
    }

    /// Counts the cookie of an event down, in place of udev, where no event came about.
    func complete(eventNumber: UInt32) {
        let base = eventNumber & ~DmsetupCookie.flagsMask
        if base != 0 { try? complete(cookie: base | DmsetupCookie.magic << 16) }
    }

    func complete(cookie: UInt32) throws(Told) {
        guard cookie != 0, isActive else { return }
        let semaphore = try find(cookie)
        guard decrement(semaphore, cookie) else {
            output.error("Could not signal waiting process using notification semaphore identified by cookie value \(decimal(cookie))")
            throw Told()
        }
    }

    /// Waits until udev is done with all events of a cookie, which is gone then.
    func wait(cookie: UInt32) throws(Told) {
        guard cookie != 0, isActive else { return }
        let semaphore = try find(cookie)
        guard decrement(semaphore, cookie) else {
            output.error(
                "Failed to set a proper state for notification semaphore identified by cookie value \(decimal(cookie)) "
                    + "to initialize waiting for incoming notifications.")
            try? destroy(cookie)
            throw Told()
        }
        do throws(UdevFailure) { try calls.waitForZero(cookie) } catch {
            if error.kind == .absent { return }
            output.error(
                "Could not set wait state for notification semaphore identified by cookie value \(decimal(cookie)): \(error.text)")
            try? destroy(cookie)
            throw Told()
        }
        try destroy(cookie)
    }

    private func find(_ cookie: UInt32) throws(Told) -> Int32 {
        guard cookie >> 16 == DmsetupCookie.magic else {
            output.error(
                "Could not continue to access notification semaphore identified by cookie value \(decimal(cookie)). "
                    + "Incorrect cookie prefix.")
            throw Told()
        }
        do throws(UdevFailure) { return try calls.semaphore(of: cookie) } catch {
            switch error.kind {
            case .absent: output.error("Could not find notification semaphore identified by cookie value \(decimal(cookie))")
            case .denied:
                output.error("No permission to access notificaton semaphore identified by cookie value \(decimal(cookie))")
            default:
                output.error(
                    "Failed to access notification semaphore identified by cookie value \(decimal(cookie)): \(error.text)")
            }
            throw Told()
        }
    }

    private func decrement(_ semaphore: Int32, _ cookie: UInt32) -> Bool {
        do throws(UdevFailure) {
            try calls.decrement(cookie)
            return true
        } catch {
            let reason = error.kind == .wrongState ? "incorrect semaphore state" : error.text
            output.error("semid \(semaphore): semop failed for cookie 0x\(hex(cookie)): \(reason)")
            return false
        }
    }

    private func destroy(_ cookie: UInt32) throws(Told) {
        do throws(UdevFailure) { try calls.destroy(cookie) } catch {
            output.error("Could not cleanup notification semaphore identified by cookie value \(decimal(cookie)): \(error.text)")
            throw Told()
        }
    }

    private func hex(_ cookie: UInt32) -> String { String(cookie, radix: 16) }
    private func decimal(_ cookie: UInt32) -> String { "\(cookie) (0x\(hex(cookie)))" }
}
