internal import StorageUnits

/// Calls that are made of several.
extension Dmsetup {
    /// Creates a device, loads its table and resumes it; or leaves nothing behind.
    func createWithTable(_ task: DeviceTask) throws(Told) -> DeviceAnswer {
        let creation = DeviceTask(.create)
        if let name = task.name { creation.setName(name) }
        creation.setUUID(task.uuid)
        creation.major = task.major
        creation.minor = task.minor
        creation.permissions = task.permissions
        creation.eventNumber = task.eventNumber & DmsetupCookie.flagsMask
        creation.hasCookie = task.hasCookie
        creation.nodeTime = task.nodeTime
        let number: DeviceNumber
        do throws(Told) {
            number = try run(creation).number
        } catch {
            if task.hasCookie { udev.complete(eventNumber: task.eventNumber) }
            throw error
        }
        let load = DeviceTask(.reload)
        if let name = task.name { load.setName(name) }
        load.major = Int32(bitPattern: number.major)
        load.minor = Int32(bitPattern: number.minor)
        load.flags = task.flags.intersection(.readOnly)
        swap(&load.table, &task.table)
        do throws(Told) {
            _ = try run(load)
        } catch {
            if task.hasCookie { udev.complete(eventNumber: task.eventNumber) }
            try revert(task)
            throw error
        }
        task.command = .resume
        task.setUUID(nil)
        do throws(Told) { return try run(task) } catch {
            try revert(task)
            throw error
        }
    }

    private func revert(_ task: DeviceTask) throws(Told) {
        task.command = .remove
        task.setUUID(nil)
        task.table = RawTable()
        if task.hasCookie {
            var cookie = task.eventNumber & ~DmsetupCookie.flagsMask | DmsetupCookie.magic << 16
            let rules = UdevSynchronization.Rules(eventNumber: task.eventNumber)
            if let number = try? udev.begin(rules, cookie: &cookie) { task.eventNumber = number }
        }
        do throws(Told) { _ = try run(task) } catch {
            output.error("Failed to revert device creation.")
            throw error
        }
    }

    /// With `--checks`: a device that another, suspended one is below is not suspended, for requests could get stuck in between.
    func expectNoSuspendedChildren(_ task: DeviceTask, _ number: DeviceNumber? = nil) throws(Told) {
        let query = DeviceTask(.deps)
        if let number {
            query.major = Int32(bitPattern: number.major)
            query.minor = Int32(bitPattern: number.minor)
        } else {
            if let name = task.name { query.setName(name) }
            query.setUUID(task.uuid)
            query.major = task.major
            query.minor = task.minor
        }
        let answer = try run(query)
        if answer.flags.contains(.suspended) {
            if number != nil {
                output.error("Internal error: Attempt to suspend device \(task.title)that uses already-suspended device (\(answer.number))")
            }
            return
        }
        for child in answer.reply.dependencies where child.major == mapperMajor { try expectNoSuspendedChildren(query, child) }
    }
}
