internal import StorageUnits

/// Verbs that are one call for a device: suspend, resume, clear, wait, remove, and those made of them.
extension Dmsetup {
    func simple(_ command: KernelCommand, _ name: String?, eventNumber: UInt32 = 0, shows: Bool = true) throws(Told) {
        let task = try task(command)
        let tellsUdev = command == .resume || command == .remove
        var cookie: UInt32 = 0
        func finished() {
            if tellsUdev { finish(cookie) }
        }
        let answer: DeviceAnswer
        do throws(Told) {
            try setDevice(task, name)
            task.eventNumber = eventNumber
            if options(.noLockFS) { task.flags.insert(.skipLockFS) }
            if options(.addNodeOnCreate) { task.nodeTime = .onCreate }
            task.readAhead = options.readAhead
            if tellsUdev { try begin(task, cookie: &cookie) }
            task.retries = options(.retry)
            if options(.deferred), command == .remove || command == .removeAll { task.flags.insert(.deferredRemove) }
            answer = try run(task)
        } catch {
            finished()
            throw error
        }
        finished()
        if shows { try showIfVerbose(answer) }
    }

    func wait(_ operands: DmsetupOperands) throws(Told) {
        var words = operands.words[...]
        var name: String?
        if !options(.uuid), !options(.major) {
            guard let first = words.popFirst() else {
                output.error("No device specified.")
                throw Told()
            }
            name = first
        }
        try simple(.wait, name, eventNumber: words.last.map { UInt32(bitPattern: CNumber.integer($0)) } ?? 0)
    }

    // MARK: remove

    func remove(_ operands: DmsetupOperands) throws(Told) {
        if options(.force), let name = operands.first {
            if cookie != 0 { output.warn("WARNING: Use of cookie and --force is not compatible.") }
            try? wipeTable(name)
        }
        try simple(.remove, operands.first, shows: false)
    }

    /// Gives a device a table of errors, so that nothing below it is in use any more.
    func wipeTable(_ name: String?) throws(Told) {
        guard let name, !name.isEmpty else {
            output.error("No device specified.")
            throw Told()
        }
        let size = (try? self.size(of: name)) ?? 0
        let task = try task(.reload)
        try setDevice(task, name)
        task.table.append(start: 0, length: size, type: "error", arguments: [UInt8]().span)
        if options(.readOnly) { task.flags.insert(.readOnly) }
        _ = try run(task)
        if options(.force) {
            // Nothing is waited for that might hang.
            options.set(.noLockFS)
            options.set(.noFlush)
        }
        do throws(Told) {
            try simple(.resume, name, shows: false)
        } catch {
            try? simple(.clear, name, shows: false)
            throw error
        }
    }

    private func size(of name: String) throws(Told) -> UInt64 {
        let task = try task(.table)
        task.flags.remove(.noFlush)
        try setDevice(task, name)
        let answer = try run(task)
        return answer.reply.table.lines.reduce(0) { $0 &+ $1.length }
    }

    /// dmsetup counts this as done when a part of it was.
    func removeAll() throws(Told) {
        var isDone = removeClosed()
        guard options(.force) else { return try expect(isDone) }
        guard deviceCount(&isDone) > 0 else { return try expect(isDone) }
        isDone =
            succeeds { () throws(Told) in
                try forEachDevice(saysNone: false) { (device) throws(Told) in try wipeTable(device.name) }
            } || isDone
        isDone = removeClosed() || isDone
        let left = deviceCount(&isDone)
        if left > 0 { output.error("Unable to remove \(left) device(s).") }
        try expect(isDone)
    }

    private func removeClosed() -> Bool {
        let isRemoved = succeeds { () throws(Told) in try simple(.removeAll, "", shows: false) }
        let hasNodes = succeeds { () throws(Told) in try makeNodes(nil) }
        return isRemoved || hasNodes
    }

    private func deviceCount(_ isDone: inout Bool) -> Int {
        var count = 0
        isDone = succeeds { () throws(Told) in try forEachDevice(saysNone: false) { _ in count += 1 } } || isDone
        return count
    }

    private func succeeds(_ body: () throws(Told) -> Void) -> Bool {
        do throws(Told) {
            try body()
            return true
        } catch {
            return false
        }
    }

    private func expect(_ isDone: Bool) throws(Told) {
        if !isDone { throw Told() }
    }
}
