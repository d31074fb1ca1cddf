internal import DeviceMapperTables
internal import Logging
internal import StorageUnits
internal import SystemPackage

extension KernelMapper {
    /// Whether udev is told of changes, and waited for.
    package var usesUdev: Bool { options.udev == .automatic && udev.isActive }

    /// Carries out a change of which udev is told, and waits until udev has done its part, but not for ever: a udev that was stopped, or
    /// cannot reach the cookie, costs the deadline, and a short one from then on. Then, and where no udev runs, `finish` does what udev
    /// would have.
    func change(
        _ request: consuming ControlRequest, finish: (borrowing ControlReply) throws(Errno) -> Void
    ) throws(MappingError) -> ControlReply {
        var request = request
        let device = request.deviceName
        let command = request.command
        guard usesUdev else {
            let flags: UdevFlags = [.primarySource, .disableRules, .disableSubsystemRules]
            request.eventNumber = flags.eventNumber()
            let reply = try perform(request)
            try Self.finishing(command, device, reply, finish)
            return reply
        }
        let cookie = makeCookie(device)
        request.eventNumber = UdevFlags.primarySource.eventNumber(cookie)
        let reply: ControlReply
        do throws(MappingError) { reply = try perform(request) } catch {
            try? cookie?.remove()
            throw error
        }
        if let cookie { wait(for: cookie, device, isCompletedByUdev: reply.flags.contains(.ueventGenerated)) }
        try Self.finishing(command, device, reply, finish)
        return reply
    }

    /// A cookie with one change to wait for. Where the system has no semaphores left, udev is not waited for.
    private func makeCookie(_ device: String?) -> UdevCookie? {
        do throws(Errno) {
            let cookie = try UdevCookie.make()
            do throws(Errno) { try cookie.increment() } catch {
                try? cookie.remove()
                throw error
            }
            return cookie
        } catch {
            options.logger.warning(
                "udev is not waited for, since there is no semaphore to do so: \(error)", metadata: ["device": "\(device ?? "")"])
            return nil
        }
    }

    private func wait(for cookie: UdevCookie, _ device: String?, isCompletedByUdev: Bool) {
        let patience = udev.patience(of: options.udevDeadline)
        do throws(Errno) {
            // Our own, and the change's, if nobody else will.
            try cookie.decrement()
            if !isCompletedByUdev { try cookie.decrement() }
            switch try outcome(of: cookie, until: .now + patience) {
            // What udev has no part in tells nothing of it.
            case .completed: if isCompletedByUdev { udev.noteCompletion() }
            case .late:
                udev.noteMiss()
                options.logger.warning("udev did not answer within \(patience)", metadata: ["device": "\(device ?? "")"])
            case .abandoned:
                udev.noteMiss()
                options.logger.warning("udevd is gone, and is not waited for any more", metadata: ["device": "\(device ?? "")"])
            }
        } catch {
            options.logger.warning("udev could not be waited for: \(error)", metadata: ["device": "\(device ?? "")"])
        }
        try? cookie.remove()
    }

    /// How waiting for a cookie ended.
    private enum Outcome {
        case completed, late
        /// Nobody is left who would complete it.
        case abandoned
    }

    /// Waits until a cookie is complete, or until the deadline, and looks now and then whether udevd is still there.
    private func outcome(of cookie: UdevCookie, until deadline: ContinuousClock.Instant) throws(Errno) -> Outcome {
        while true {
            let nextLook = ContinuousClock.Instant.now + udev.shortPatience
            if try cookie.waitForZero(until: min(deadline, nextLook)) { return .completed }
            if deadline <= .now { return .late }
            if !udev.isListening { return .abandoned }
        }
    }

    private static func finishing(
        _ command: ControlCommand, _ device: String?, _ reply: borrowing ControlReply,
        _ finish: (borrowing ControlReply) throws(Errno) -> Void
    ) throws(MappingError) {
        do throws(Errno) { try finish(reply) } catch {
            throw MappingError(
                .deviceUnavailable, device: device, command: command.name, errno: error.rawValue,
                message: "it is done, but the node in /dev/mapper could not be changed: \(error)")
        }
    }
}
