internal import StorageUnits

/// The nodes of mapped devices in /dev/mapper that dmsetup makes itself, where udev does not.
///
/// What is to be done waits until udev is through with its part: `flush`.
final class DeviceNodes {
    /// Who may use a new node.
    struct Permissions {
        var user: UInt32 = 0
        var group: UInt32 = 6  // disk
        var mode: UInt32 = 0o660
    }

    /// Whether udev is trusted to have done a thing, and whether it is a surprise when it has not.
    struct Trust {
        var relies: Bool
        var warns: Bool
    }

    private enum Operation {
        case add(String, DeviceNumber, Permissions, Trust)
        case remove(String, Trust)
        case rename(String, to: String, Trust)
        case readAhead(String, DeviceNumber, ReadAhead)

        /// The node that it is about.
        var name: String {
            switch self {
            case .add(let name, _, _, _), .remove(let name, _), .rename(_, to: let name, _), .readAhead(let name, _, _): name
            }
        }
    }

    private let directory: String
    private let streams: any DmsetupStreams
    private let output: DmsetupOutput
    private var waiting: [Operation] = []

    init(directory: String, _ streams: any DmsetupStreams, _ output: DmsetupOutput) {
        self.directory = directory
        self.streams = streams
        self.output = output
    }

    func add(_ name: String, _ number: DeviceNumber, _ permissions: Permissions, _ trust: Trust) {
        if let index = waiting.firstIndex(where: { if case .remove(let other, _) = $0 { other == name } else { false } }) {
            waiting.remove(at: index)
        }
        waiting.append(.add(name, number, permissions, trust))
    }

    func remove(_ name: String, _ trust: Trust) {
        waiting.removeAll { $0.name == name }
        waiting.append(.remove(name, trust))
    }

    func rename(_ name: String, to other: String, _ trust: Trust) {
        waiting.removeAll { $0.name == name }
        waiting.append(.rename(name, to: other, trust))
    }

    func setReadAhead(_ name: String, _ number: DeviceNumber, _ readAhead: ReadAhead) {
        if readAhead != .auto { waiting.append(.readAhead(name, number, readAhead)) }
    }

    /// Does what waits.
    func flush() {
        let operations = waiting
        waiting = []
        for operation in operations {
            switch operation {
            case .add(let name, let number, let permissions, let trust):
                if !trust.relies { addNow(name, number, permissions, warns: trust.warns) }
            case .remove(let name, let trust):
                if !trust.relies { removeNow(name, warns: trust.warns) }
            case .rename(let name, to: let other, let trust):
                if !trust.relies { renameNow(name, other, warns: trust.warns) }
            case .readAhead(let name, let number, let readAhead): setReadAheadNow(name, number, readAhead)
            }
        }
    }

    func path(_ name: String) -> String { name.contains("/") ? name : "\(directory)/\(name)" }

    private func addNow(_ name: String, _ number: DeviceNumber, _ permissions: Permissions, warns: Bool) {
        let path = path(name)
        if let kind = try? System.kind(of: path) {
            guard case .blockDevice(let present) = kind else {
                return output.error("A non-block device file at '\(path)' is already present")
            }
            if present == number { return }
            guard (try? System.remove(path)) != nil else { return output.error("Unable to unlink device node for '\(name)'") }
        } else if warns {
            output.warn("\(path) not set up by udev: Falling back to direct node creation.")
        }
        do throws(System.Failure) { try System.makeBlockDevice(path, number, mode: permissions.mode) } catch {
            if !error.isPresence { return output.error("\(path): mknod for \(name) failed: \(error.text)") }
        }
        do throws(System.Failure) { try System.changeOwner(path, user: permissions.user, group: permissions.group) } catch {
            output.error("\(path): chown failed: \(error.text)")
        }
    }

    private func removeNow(_ name: String, warns: Bool) {
        let path = path(name)
        guard (try? System.kind(of: path, followingLinks: false)) != nil else { return }
        if warns { output.warn("Node \(path) was not removed by udev. Falling back to direct node removal.") }
        do throws(System.Failure) { try System.remove(path) } catch {
            if !error.isAbsence { output.error("Unable to unlink device node for '\(name)'") }
        }
    }

    private func renameNow(_ name: String, _ other: String, warns: Bool) {
        let (old, new) = (path(name), path(other))
        if let present = try? System.kind(of: new, followingLinks: false) {
            var kind = present
            if case .link = present {
                do throws(System.Failure) { kind = try System.kind(of: new) } catch {
                    return output.error("\(new): stat failed: \(error.text)")
                }
            }
            guard case .blockDevice = kind else { return output.error("A non-block device file at '\(new)' is already present") }
            if warns {
                guard (try? System.kind(of: old, followingLinks: false)) != nil else { return }
                output.warn(
                    "The node \(old) should have been renamed to \(new) by udev but old node is still present. "
                        + "Falling back to direct old node removal.")
                return removeNow(name, warns: false)
            }
            guard (try? System.remove(new)) != nil else { return output.error("Unable to unlink device node for '\(other)'") }
        } else if warns {
            output.warn(
                "The node \(old) should have been renamed to \(new) by udev but new node is not present. "
                    + "Falling back to direct node rename.")
        }
        do throws(System.Failure) { try System.rename(old, to: new) } catch {
            if !error.isAbsence { output.error("Unable to rename device node from '\(name)' to '\(other)'") }
        }
    }

    // MARK: read ahead

    private static func readAheadPath(_ number: DeviceNumber) -> String { "/sys/dev/block/\(number)/bdi/read_ahead_kb" }

    /// How many sectors the kernel reads ahead. A device that never had a table is asked through its node, if it has one.
    func readAhead(of name: String, _ number: DeviceNumber) -> UInt32? {
        var text = SecretBuffer()
        if streams.readFile(Self.readAheadPath(number), into: &text) == nil {
            return UInt32(truncatingIfNeeded: CNumber.integer(text.string)) &* 2
        }
        guard !name.isEmpty else {
            output.error("Empty device name passed to BLKRAGET")
            return nil
        }
        let path = path(name)
        do throws(ReadAheadCall.Failure) { return try ReadAheadCall.get(path) } catch {
            output.error(error.isOpening ? "\(path): open failed: \(error.text)" : "\(name): BLKRAGET failed: \(error.text)")
            return nil
        }
    }

    private func setReadAheadNow(_ name: String, _ number: DeviceNumber, _ readAhead: ReadAhead) {
        let sectors: UInt32
        switch readAhead {
        case .auto: return
        case .none: sectors = 0
        case .exactly(let count): sectors = count
        case .atLeast(let count):
            guard self.readAhead(of: name, number).map({ $0 < count }) ?? false else { return }
            sectors = count
        }
        if streams.writeFile(Self.readAheadPath(number), String((sectors + 1) / 2)) == nil { return }
        let path = path(name)
        do throws(ReadAheadCall.Failure) { try ReadAheadCall.set(path, sectors) } catch {
            output.error(error.isOpening ? "\(path): open failed: \(error.text)" : "\(name): BLKRASET failed: \(error.text)")
        }
    }
}

extension SecretBuffer {
    /// The bytes as a string, which nobody wipes: for what is no secret.
    var string: String { withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) } }
}
