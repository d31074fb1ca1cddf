#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif
internal import CShims
internal import StorageUnits

/// What dmsetup asks the system beside the device mapper: files below /dev and /sys, the environment, the terminal.
enum System {
    /// An error of the system.
    struct Failure: Error {
        var number: Int32
        var text: String { System.errorText(number) }
        var isAbsence: Bool { number == ENOENT }
        var isPresence: Bool { number == EEXIST }
    }

    static let busy = EBUSY
    static let noDevice = ENXIO
    static let interrupted = EINTR
    static let invalidArgument = EINVAL

    static func errorText(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }

    static func environment(_ name: String) -> String? { unsafe getenv(name).map { unsafe String(cString: $0) } }

    static var isRoot: Bool { geteuid() == 0 }

    // MARK: files

    enum FileKind {
        case blockDevice(DeviceNumber)
        case link, other
    }

    /// What is at a path: of the link itself, or of what it leads to.
    static func kind(of path: String, followingLinks: Bool = true) throws(Failure) -> FileKind {
        var status = stat()
        guard unsafe (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { throw Failure(number: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFBLK: return .blockDevice(number(status.st_rdev))
        case S_IFLNK: return .link
        default: return .other
        }
    }

    /// The device that a path leads to, whatever kind of file it is: 0:0 of a file that is none.
    static func device(at path: String) throws(Failure) -> DeviceNumber {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw Failure(number: errno) }
        return number(status.st_rdev)
    }

    static func makeBlockDevice(_ path: String, _ device: DeviceNumber, mode: UInt32) throws(Failure) {
        let mask = umask(0)
        defer { umask(mask) }
        guard unsafe mknod(path, S_IFBLK | mode, dev(device)) == 0 else { throw Failure(number: errno) }
    }

    /// Makes a directory, those above it, and the node of the control device in it, as far as they are not there.
    static func makeControlNode(in directory: String) {
        var path = ""
        for name in directory.split(separator: "/") {
            path += "/\(name)"
            _ = unsafe mkdir(path, 0o755)
        }
        #if os(Linux)
        _ = unsafe mknod("\(path)/control", S_IFCHR | 0o600, shim_make_device(10, 236))
        #endif
    }

    static func changeOwner(_ path: String, user: UInt32, group: UInt32) throws(Failure) {
        guard unsafe chown(path, user, group) == 0 else { throw Failure(number: errno) }
    }

    static func remove(_ path: String) throws(Failure) {
        guard unsafe unlink(path) == 0 else { throw Failure(number: errno) }
    }

    static func rename(_ path: String, to other: String) throws(Failure) {
        guard systemRename(path, other) == 0 else { throw Failure(number: errno) }
    }

    /// Where a link leads, not followed further.
    static func target(ofLink path: String) throws(Failure) -> String {
        var text = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink(path, &text, text.count)
        guard count >= 0 else { throw Failure(number: errno) }
        return String(decoding: text[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The names in a directory, in the order in which the system has them.
    static func names(in directory: String) throws(Failure) -> [String] {
        guard let stream = unsafe opendir(directory) else { throw Failure(number: errno) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    // MARK: processes and terminals

    /// The columns of the terminal on standard output.
    static var outputColumns: Int? {
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Whether the locale of the environment has UTF-8.
    static var hasUTF8: Bool {
        unsafe setlocale(LC_ALL, "")
        return unsafe nl_langinfo(CInt(CODESET)).map { unsafe String(cString: $0) } == "UTF-8"
    }

    /// The time, in seconds since 1970.
    static var time: Int64 { Int64(systemTime()) }

    /// A time as `ctime` writes it, without the end of the line.
    static func format(time: Int64) -> String {
        var time = time_t(time)
        var text = [CChar](repeating: 0, count: 64)
        guard unsafe ctime_r(&time, &text) != nil else { return "unknown" }
        return String(decoding: text.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func number(_ device: dev_t) -> DeviceNumber {
        DeviceNumber(major: shim_major(device), minor: shim_minor(device))
    }

    private static func dev(_ number: DeviceNumber) -> dev_t {
        #if os(Linux)
        shim_make_device(number.major, number.minor)
        #else
        dev_t(number.major << 24 | number.minor)
        #endif
    }
}

/// `rename(2)`, which `System` has a function of the same name beside.
private func systemRename(_ path: String, _ other: String) -> CInt { unsafe rename(path, other) }

/// `time(2)`, likewise.
private func systemTime() -> time_t { time(nil) }
