/// The verbs about udev's cookies.
extension Dmsetup {
    func createCookie() throws(Told) {
        let cookie = try udev.create(owned: false)
        if cookie != 0 { output.printLine("0x" + hex(cookie, upperCase: true)) }
    }

    func releaseCookie(_ word: String?) throws(Told) {
        if let word { cookie = try value(word) }
        guard cookie != 0 else {
            output.error("No udev transaction cookie given.")
            throw Told()
        }
        defer { nodes.flush() }
        try udev.wait(cookie: cookie)
    }

    /// Prints the flags of a cookie as variables for udev's rules.
    func showCookieFlags(_ word: String?) throws(Told) {
        let flags = try value(word ?? "") >> 16
        let names = [
            "DISABLE_DM_RULES", "DISABLE_SUBSYSTEM_RULES", "DISABLE_DISK_RULES", "DISABLE_OTHER_RULES", "LOW_PRIORITY",
            "DISABLE_LIBRARY_FALLBACK", "PRIMARY_SOURCE",
        ]
        for bit in 0..<16 where flags & 1 << bit != 0 {
            if bit < names.count {
                output.printLine("DM_UDEV_\(names[bit])_FLAG='1'")
            } else {
                output.printLine(bit < 8 ? "DM_UDEV_FLAG\(bit)='1'" : "DM_SUBSYSTEM_UDEV_FLAG\(bit - 8)='1'")
            }
        }
    }

    /// What udev's rules call when they are done.
    func completeCookie(_ word: String?) throws(Told) {
        let cookie = try value(word ?? "")
        output.printLine("DM_COOKIE_COMPLETED=0x" + String(cookie, radix: 16).padded(to: 10))
        let base = cookie & ~DmsetupCookie.flagsMask
        // Without a base it only carries flags.
        if base != 0 { try udev.complete(cookie: base | DmsetupCookie.magic << 16) }
    }

    func completeAllCookies(_ word: String?) throws(Told) {
        var age: UInt32 = 0
        if let word {
            var text = Array(word.utf8).span
            guard let number = CNumber.scan(&text) else {
                output.error("Failed to read age_in_minutes parameter.")
                throw Told()
            }
            age = UInt32(truncatingIfNeeded: number)
        }
        let prefix = "\(DmsetupCookie.magic) (0x\(String(DmsetupCookie.magic, radix: 16)))"
        if !options(.yes) {
            output.warn(
                "WARNING: This operation will destroy all semaphores \(age > 0 ? "older than \(age) minutes " : "")"
                    + "with keys that have a prefix \(prefix).")
            guard confirm("Do you really want to continue? [y/n]: ") else {
                return output.printLine("Semaphores with keys prefixed by \(prefix) NOT destroyed.")
            }
        }
        var destroyed = 0
        var skipped = 0
        let now = System.time
        for semaphore in try cookies() {
            let limit = now - Int64(age) * 60
            if semaphore.changeTime > limit || semaphore.operationTime > limit {
                skipped += 1
                continue
            }
            do throws(UdevFailure) {
                try surroundings.udev.destroy(semaphore.cookie)
                destroyed += 1
            } catch {
                output.error(
                    "Could not cleanup notification semaphore with semid \(semaphore.identifier) and cookie value \(semaphore.cookie) "
                        + "(0x\(String(semaphore.cookie, radix: 16))).")
            }
        }
        output.printLine("\(destroyed) semaphores with keys prefixed by \(prefix) destroyed. \(skipped) skipped.")
    }

    func listCookies() throws(Told) {
        output.printLine("Cookie       Semid      Value      Last semop time           Last change time")
        for semaphore in try cookies() {
            let key = "0x" + String(semaphore.cookie, radix: 16).padded(to: 10)
            let identifier = String(semaphore.identifier).padded(to: 10)
            let value = String(semaphore.value).padded(to: 10)
            output.printLine(
                "\(key) \(identifier) \(value) \(System.format(time: semaphore.operationTime))  \(System.format(time: semaphore.changeTime))"
            )
        }
    }

    private func cookies() throws(Told) -> [UdevSemaphore] {
        do throws(UdevFailure) { return try surroundings.udev.cookies() } catch {
            output.error("SEM_INFO: semctl failed: \(error.text)")
            throw Told()
        }
    }

    private func value(_ word: String) throws(Told) -> UInt32 {
        guard let cookie = DmsetupCookie.value(word, { output.error($0) }) else { throw Told() }
        return cookie
    }

    private func hex(_ cookie: UInt32, upperCase: Bool) -> String {
        let digits = String(cookie, radix: 16, uppercase: upperCase)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// Asks until a line has an answer: the last y or n in it counts. The end of the input is a no.
    private func confirm(_ question: String) -> Bool {
        while true {
            output.print(question)
            output.flush()
            guard let line = surroundings.streams.readLine() else {
                output.print("\n")
                return false
            }
            if let answer = line.lowercased().last(where: { $0 == "y" || $0 == "n" }) { return answer == "y" }
        }
    }
}
