/// The command: reads the command line, finds the verb, and does it.
package enum DmsetupCommand {
    /// Whether a program of this name (the zeroth argument) is dmsetup, or dmstats.
    package static func isCalled(_ program: String) -> Bool { baseName(program) == "dmsetup" || baseName(program) == "dmstats" }

    private static func baseName(_ program: String) -> Substring? { program.split(separator: "/").last }

    /// Runs dmsetup with the words behind its name, and returns the exit status. `program` is what the messages of the option parser call it.
    package static func run(_ words: [String], program: String, in surroundings: Dmsetup.Surroundings = .machine) -> Int32 {
        // dmstats is the verb `stats` under a name of its own.
        Dmsetup(surroundings).main(baseName(program) == "dmstats" ? ["stats"] + words : words, program: program)
    }
}

extension Dmsetup {
    func main(_ words: [String], program: String) -> Int32 {
        var status = performAll(words, program: program) ? Int32(0) : 1
        // Asking for help or the version is never a failure, whatever else is.
        if options(.help) || options(.version) { status = 0 }
        nodes.flush()
        output.flush()
        return status
    }

    private func performAll(_ words: [String], program: String) -> Bool {
        if let base = surroundings.environment("DM_DEV_DIR"), !base.isEmpty, !base.hasPrefix("/") {
            output.error("Invalid DM_DEV_DIR environment variable value.")
            return false
        }
        do throws(DmsetupOptions.Failure) {
            try options.read(
                words, program: program, stopsAtOperand: surroundings.environment("POSIXLY_CORRECT") != nil, warn: { output.error($0) })
        } catch {
            for message in error.messages { output.error(message) }
            output.error("Couldn't process command line.")
            return false
        }
        if let mangling = options.mangling { self.mangling = mangling }
        cookie = options.cookie
        var operands = options.operands
        if options(.help) || options(.version) {
            if !operands.isEmpty { operands.removeFirst() }
            guard let verb = DmsetupVerb.named(options(.help) ? "help" : "version") else { return false }
            return perform(verb, operands)
        }
        guard !operands.isEmpty else {
            showUsage()
            return false
        }
        guard let verb = DmsetupVerb.named(operands.removeFirst()) else {
            output.error("Unknown command.")
            showUsage()
            return false
        }
        guard verb.operands.contains(operands.count) else {
            output.error("Incorrect number of arguments.")
            showUsage()
            return false
        }
        do throws(Told) { return try prepare(verb).map { perform($0, operands) } ?? false } catch { return false }
    }

    /// Sets up what the verb needs: options of its output, udev, a report. With a selection it is not the verb that runs first, but `info`.
    private func prepare(_ verb: DmsetupVerb) throws(Told) -> DmsetupVerb? {
        var verb = verb
        if verb.name == "splitname", !options(.columns) { options.set(.columns) }
        if verb.name == "stats", let command = options.operands.dropFirst().first, command == "list" || command == "report" {
            options.set(.columns)
        }
        if verb.name == "mangle" { mangling = .none }
        do throws(TreeOptions.Failure) { try readOutputOptions() } catch {
            output.error(error.message)
            output.error("Couldn't process command line.")
            throw Told()
        }
        setUpUdev()
        if let units = options.argument(.units), SizeUnits(units) == nil {
            output.error("Invalid --units argument.")
            throw Told()
        }
        guard verb.name != "stats" else { return verb }
        if options(.select), verb.repetition == .eachOrSelected, let info = DmsetupVerb.named("info") {
            selectedVerb = verb
            verb = info
            options.set(.columns)
        }
        if options(.columns) { try beginReport(verb) }
        return verb
    }

    private func readOutputOptions() throws(TreeOptions.Failure) {
        let list = options.argument(.options) ?? ""
        if options(.tree) {
            treeOptions.symbols = System.hasUTF8 ? .utf8 : .ascii
            try treeOptions.read(list)
            if treeOptions.symbols != .vt100, let columns = System.outputColumns, columns > 3 { treeOptions.width = columns - 3 }
        } else if !options(.columns), options(.options) {
            nameKind = try DeviceNameKind(list)
        }
    }

    private func setUpUdev() {
        if options(.noUdevSync) { udev.stop() }
        if cookie == 0, let value = surroundings.environment("DM_UDEV_COOKIE"), !value.isEmpty {
            cookie = DmsetupCookie.value(value) { output.error($0) } ?? 0
        }
        let usesOwnDirectory = directory != "/dev/mapper"
        leavesNodesToUdev = !usesOwnDirectory && (cookie != 0 || !options(.verifyUdev))
        if usesOwnDirectory { udev.isChecking = false }
    }

    /// Does a verb as often as its operands and `--count` ask for.
    private func perform(_ verb: DmsetupVerb, _ operands: [String]) -> Bool {
        let count = options(.count) ? Int(options.integer(.count)) : 0
        var rounds = count > 0 ? count : options(.count) || options(.interval) ? Int.max : 1
        let isRepeated = rounds > 1
        let several = verb.repetition != .once && operands.count != 1 && (!operands.isEmpty || (!options(.uuid) && !options(.major)))
        while true {
            let isDone = performOnce(verb, operands, several)
            if hasConciseOutput { output.print("\n") }
            if let report {
                report.print { output.printLine($0) }
                if isRepeated, rounds > 1, isDone {
                    output.print("\n")
                    output.flush()
                    surroundings.pause(.seconds(options(.interval) ? Int64(options.integer(.interval)) : 1))
                }
            } else if rounds > 1, isDone {
                // Who repeats without an end has no other place to print what was kept.
                output.flush()
            }
            rounds -= 1
            if !isDone || rounds == 0 { return isDone }
        }
    }

    private func performOnce(_ verb: DmsetupVerb, _ operands: [String], _ several: Bool) -> Bool {
        var rest = operands[...]
        repeat {
            do throws(Told) {
                try verb.run(self, DmsetupOperands(Array(rest), hasSeveralDevices: several))
            } catch {
                output.error("Command failed.")
                return false
            }
            rest = rest.dropFirst()
        } while verb.repetition != .once && !rest.isEmpty
        return true
    }
}
