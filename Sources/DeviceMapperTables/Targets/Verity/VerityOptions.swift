extension VerityTarget {
    /// Whatever may be added to a verity line.
    public struct Options: Hashable, Sendable {
        /// What a corrupted block does; without, reading it fails.
        public var corruption: CorruptionMode?
        /// What a block that cannot be read does; without, reading it fails. Linux 6.12 and newer.
        public var error: ErrorMode?
        /// Blocks that are zeroes by their hash are not read.
        public var ignoreZeroBlocks = false
        /// Each block is checked when it is read first only. For 2^31 - 1 data blocks at most.
        public var checkAtMostOnce = false
        /// Hashes that are cached are checked without a change of thread. Linux 6.0 and newer.
        public var tryVerifyInTasklet = false
        /// Parity that corrects errors.
        public var errorCorrection: ErrorCorrection?
        /// The description of a key in the kernel's keyring that holds a signature of the root digest.
        public var rootHashSignatureKey: String?
        /// Options of newer kernels, as they were read.
        public var unknown: [String] = []

        /// No options.
        public init() {}
    }

    /// What a corrupted block does.
    public enum CorruptionMode: String, Sendable, CaseIterable {
        /// It is logged, and read as it is.
        case ignore = "ignore_corruption"
        /// It restarts the machine.
        case restart = "restart_on_corruption"
        /// It panics the kernel. Linux 5.10 and newer.
        case panic = "panic_on_corruption"
    }

    /// What a block that cannot be read does.
    public enum ErrorMode: String, Sendable, CaseIterable {
        /// It restarts the machine.
        case restart = "restart_on_error"
        /// It panics the kernel.
        case panic = "panic_on_error"
    }

    /// Parity from which corrupted blocks are made again: a Reed-Solomon code. Data and hash blocks have then the same size.
    public struct ErrorCorrection: Hashable, Sendable {
        /// The device with the parity; it may be one of the others.
        public var device: DeviceReference
        /// How many blocks the parity covers: at least the data's and the hashes'. What is more follows the hashes on their device.
        public var blockCount: UInt64
        /// The block of `device` where the parity begins.
        public var start: UInt64
        /// How many of 255 bytes are parity: 2 to 24.
        public var roots: UInt32

        /// Parity for `blockCount` blocks.
        public init(device: DeviceReference, blockCount: UInt64, start: UInt64 = 0, roots: UInt32 = 2) {
            self.device = device
            self.blockCount = blockCount
            self.start = start
            self.roots = roots
        }
    }
}

extension VerityTarget.Options {
    /// The options of parity, which only together make sense.
    fileprivate struct Parity {
        var device: DeviceReference?
        var blockCount: UInt64?
        var start: UInt64?
        var roots: UInt32?
    }

    /// Reads the group of options, if the line has one.
    init(parsing arguments: inout ArgumentReader, noting places: inout OptionPlaces) throws(TableError) {
        self.init()
        var options = self
        var parity = Parity()
        var found = OptionPlaces()
        try arguments.options("option words", limit: 32) { (words) throws(TableError) in
            let option = try words.word("option")
            let name = ArgumentReader.lowercased(option)
            found.note(name, words)
            if try options.read(name, &words) { return }
            if try parity.read(name, &words) { return }
            options.unknown.append(option)
        }
        places = found
        do throws(OptionError) {
            options.errorCorrection = try parity.complete()
        } catch {
            throw places.error(error, arguments)
        }
        self = options
    }

    /// Takes an option with what belongs to it; `false` when it is none of these. The kernel does not look at the case of its words.
    private mutating func read(_ name: String, _ words: inout ArgumentReader) throws(TableError) -> Bool {
        switch name {
        case "ignore_zero_blocks": ignoreZeroBlocks = true
        case "check_at_most_once": checkAtMostOnce = true
        case "try_verify_in_tasklet": tryVerifyInTasklet = true
        case "root_hash_sig_key_desc":
            guard rootHashSignatureKey == nil else { throw words.error(.invalidValue, "\(name): given twice") }
            rootHashSignatureKey = try words.word(name)
        default:
            if let mode = VerityTarget.CorruptionMode(rawValue: name) {
                if let other = corruption { throw words.error(.invalidValue, "\(name): \(other.rawValue) excludes it") }
                corruption = mode
            } else if let mode = VerityTarget.ErrorMode(rawValue: name) {
                if let other = error { throw words.error(.invalidValue, "\(name): \(other.rawValue) excludes it") }
                error = mode
            } else {
                return false
            }
        }
        return true
    }

    /// Writes the group of options in the kernel's order, unless there are none.
    func write(to arguments: inout ArgumentWriter) {
        var count = [ignoreZeroBlocks, checkAtMostOnce, tryVerifyInTasklet, corruption != nil, error != nil].count { $0 } + unknown.count
        count += (errorCorrection == nil ? 0 : 8) + (rootHashSignatureKey == nil ? 0 : 2)
        guard count > 0 else { return }
        arguments.append(count)
        if let corruption { arguments.append(corruption.rawValue) }
        if let error { arguments.append(error.rawValue) }
        if ignoreZeroBlocks { arguments.append("ignore_zero_blocks") }
        if checkAtMostOnce { arguments.append("check_at_most_once") }
        if tryVerifyInTasklet { arguments.append("try_verify_in_tasklet") }
        if let errorCorrection {
            arguments.append("use_fec_from_device")
            arguments.append(errorCorrection.device)
            arguments.append("fec_blocks")
            arguments.append(errorCorrection.blockCount)
            arguments.append("fec_start")
            arguments.append(errorCorrection.start)
            arguments.append("fec_roots")
            arguments.append(errorCorrection.roots)
        }
        if let rootHashSignatureKey {
            arguments.append("root_hash_sig_key_desc")
            arguments.append(rootHashSignatureKey)
        }
        for option in unknown { arguments.append(unverified: option) }
    }
}

extension VerityTarget.Options.Parity {
    /// Takes an option with what belongs to it; `false` when it is none of these. Of numbers the last counts, as in the kernel.
    fileprivate mutating func read(_ name: String, _ words: inout ArgumentReader) throws(TableError) -> Bool {
        switch name {
        case "use_fec_from_device":
            guard device == nil else { throw words.error(.invalidValue, "\(name): given twice") }
            device = try words.device(name)
        case "fec_blocks": blockCount = try words.number(name)
        case "fec_start": start = try words.number(name)
        case "fec_roots": roots = try words.number32(name)
        default: return false
        }
        return true
    }

    fileprivate func complete() throws(OptionError) -> VerityTarget.ErrorCorrection? {
        guard let device else {
            for (name, isThere) in [("fec_blocks", blockCount != nil), ("fec_start", start != nil), ("fec_roots", roots != nil)]
            where isThere {
                throw OptionError(name, .missingWord, "expected use_fec_from_device with it")
            }
            return nil
        }
        guard let blockCount else { throw OptionError("use_fec_from_device", .missingWord, "expected fec_blocks with it") }
        guard let roots else { throw OptionError("use_fec_from_device", .missingWord, "expected fec_roots with it") }
        return VerityTarget.ErrorCorrection(device: device, blockCount: blockCount, start: start ?? 0, roots: roots)
    }
}
