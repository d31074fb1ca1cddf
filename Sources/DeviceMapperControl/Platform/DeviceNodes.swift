internal import CShims
package import StorageUnits
package import SystemPackage
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Who owns the nodes that are made, and who may use them.
public struct NodePermissions: Hashable, Sendable {
    /// The permission bits.
    public var mode: UInt32
    /// The owner's number.
    public var owner: UInt32
    /// The group's number.
    public var group: UInt32

    /// Root's alone, unless said otherwise.
    public init(mode: UInt32 = 0o600, owner: UInt32 = 0, group: UInt32 = 0) {
        self.mode = mode
        self.owner = owner
        self.group = group
    }
}

/// The nodes in `/dev/mapper`, as far as udev does not make them.
package struct DeviceNodes: Sendable {
    package static let standardDirectory = "/dev/mapper"

    package let directory: String
    package let permissions: NodePermissions

    package init(directory: String = standardDirectory, permissions: NodePermissions = NodePermissions()) {
        self.directory = directory
        self.permissions = permissions
    }

    /// Where the node of a device is.
    package func path(_ name: String) -> String { "\(directory)/\(name)" }

    /// The block device that a path leads to, if there is one.
    package static func blockDevice(at path: String) -> DeviceNumber? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFBLK else { return nil }
        return DeviceNumber(major: shim_major(status.st_rdev), minor: shim_minor(status.st_rdev))
    }

    /// What a path leads to, in a word for errors; `nil` when there is nothing.
    package static func kind(at path: String) -> String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFBLK: return "a block device"
        case S_IFREG: return "a file"
        case S_IFDIR: return "a directory"
        default: return "no block device"
        }
    }

    #if os(Linux)
    /// Sees to it that the node of a device is there. One that leads to it, such as udev's, stays; one that leads elsewhere is replaced.
    package func make(_ name: String, _ number: DeviceNumber) throws(Errno) {
        // Older kernels take that name, and the control device keeps its node.
        if name == "control" { throw .fileExists }
        let path = path(name)
        if Self.blockDevice(at: path) == number { return }
        do throws(Errno) { try put(number, at: path) } catch {
            // Whoever makes the same node at the same time, udev among them, may have been faster.
            if Self.blockDevice(at: path) != number { throw error }
        }
    }

    /// Puts a node in the place of what is there. It is not seen before it is complete.
    private func put(_ number: DeviceNumber, at path: String) throws(Errno) {
        let unfinished = try makeUnfinished(number)
        do throws(Errno) {
            try Self.check(unsafe chown(unfinished, permissions.owner, permissions.group))
            try Self.check(unsafe chmod(unfinished, permissions.mode))
            try Self.check(unsafe rename(unfinished, path))
        } catch {
            _ = unsafe unlink(unfinished)
            throw error
        }
    }

    /// Makes a node under a name that nobody else has, neither another thread nor a process that was killed.
    private func makeUnfinished(_ number: DeviceNumber) throws(Errno) -> String {
        var hasMadeDirectory = false
        while true {
            let unfinished = path(".\(number.minor).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).new")
            do throws(Errno) {
                try Self.check(unsafe mknod(unfinished, S_IFBLK | 0o600, shim_make_device(number.major, number.minor)))
                return unfinished
            } catch {
                switch error {
                case .noSuchFileOrDirectory where !hasMadeDirectory:
                    hasMadeDirectory = true
                    _ = unsafe mkdir(directory, 0o755)
                case .fileExists: break
                default: throw error
                }
            }
        }
    }

    /// Takes the node of a device away, if there is one: a block device or a link, nothing else that somebody put there.
    package func remove(_ name: String, alsoLink: Bool = true) throws(Errno) {
        var status = stat()
        guard unsafe lstat(path(name), &status) == 0 else { return }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFBLK || kind == S_IFLNK && alsoLink else { return }
        do throws(Errno) { try Self.check(unsafe unlink(path(name))) } catch { if error != .noSuchFileOrDirectory { throw error } }
    }

    private static func check(_ result: CInt) throws(Errno) { if result != 0 { throw Errno(rawValue: errno) } }
    #else
    package func make(_ name: String, _ number: DeviceNumber) throws(Errno) { throw .notSupported }
    package func remove(_ name: String, alsoLink: Bool = true) throws(Errno) {}
    #endif
}
