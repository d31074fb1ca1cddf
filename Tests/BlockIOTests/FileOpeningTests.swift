import BlockIO
import Foundation
import Glibc
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

@Suite struct FileOpeningTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// What opening fails with; whatever it is, nothing stays open.
    private func openingFails(_ path: String, _ access: Access = .readWrite) throws -> BlockIOError {
        let error = try #require(failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: access) })
        #expect(try openDescriptors(of: path) == 0)
        return error
    }

    @Test func `A file that is missing is not found`() throws {
        let path = directory("missing.img")
        #expect(
            try openingFails(path)
                == BlockIOError(.notFound, errno: .noSuchFileOrDirectory, message: "cannot open '\(path)': No such file or directory"))
        #expect(!FileManager.default.fileExists(atPath: path))
        try FileManager.default.createSymbolicLink(atPath: directory("dangling.img"), withDestinationPath: path)
        #expect(try openingFails(directory("dangling.img")).code == .notFound)
        #expect(try openingFails("").description == "cannot open '': No such file or directory")
    }

    @Test func `A file below a file is not found`() throws {
        let path = try directory.file() + "/disk.img"
        #expect(
            try openingFails(path) == BlockIOError(.notFound, errno: .notDirectory, message: "cannot open '\(path)': Not a directory"))
    }

    @Test(arguments: [Access.readOnly, .readWrite])
    func `A directory is refused`(access: Access) throws {
        #expect(
            try openingFails(directory.path, access)
                == BlockIOError(.wrongFileType, message: "cannot open '\(directory.path)': it is a directory"))
    }

    @Test(arguments: [Access.readOnly, .readWrite])
    func `A pipe is refused without waiting for its other end`(access: Access) throws {
        let path = directory("pipe")
        try #require(unsafe mkfifo(path, 0o600) == 0)
        #expect(
            try openingFails(path, access)
                == BlockIOError(.wrongFileType, message: "cannot open '\(path)': it is neither a file nor a block device"))
    }

    @Test(arguments: ["/dev/null", "/dev/full"])
    func `A character device is refused`(path: String) throws {
        // Other parts of the process may have one open.
        let error = failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readWrite) }
        #expect(error == BlockIOError(.wrongFileType, message: "cannot open '\(path)': it is neither a file nor a block device"))
    }

    @Test func `A file of another user is refused`() async throws {
        let path = try directory.file(size: 4096)
        try #require(unsafe chmod(path, 0o400) == 0)
        // The superuser may do anything: in a process of its own, the test becomes somebody else.
        try #require(unsafe chmod(directory.path, 0o755) == 0)
        await #expect(processExitsWith: .success) { [path = path as String] in
            if getuid() == 0 { try #require(setuid(65534) == 0) }
            let error = try #require(failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readWrite) })
            #expect(
                error
                    == BlockIOError(
                        .permissionDenied, errno: .permissionDenied, message: "cannot open for writing '\(path)': Permission denied"))
        }
    }

    @Test(arguments: [
        (Errno.permissionDenied, BlockIOError.Code.permissionDenied), (.notPermitted, .permissionDenied), (.readOnlyFileSystem, .readOnly),
        (.resourceBusy, .inUse), (.noMemory, .noMemory), (.textFileBusy, .inputOutput), (.tooManyOpenFiles, .inputOutput),
        (.noSuchAddressOrDevice, .notFound), (.operationNotSupportedByDevice, .notFound),
    ])
    func `What the system says of an open is passed on`(errno: Errno, code: BlockIOError.Code) throws {
        let path = try directory.file(size: 4096)
        for (access, action) in [(Access.readOnly, "open"), (.readWrite, "open for writing")] {
            let error = try SystemCall.intercept([.openat], answer: { _ in .fail(errno) }) {
                failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: access) }
            }
            #expect(error == BlockIOError(code, errno: errno, message: "cannot \(action) '\(path)': \(errno)"))
        }
    }

    // MARK: locks

    @Test func `A writer keeps a second writer out`() throws {
        let path = try directory.file(size: 4096)
        let writer = try FileDevice(path: path, access: .readWrite)
        let error = try #require(failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readWrite) })
        #expect(error == BlockIOError(.inUse, message: "cannot lock '\(path)' for writing: this process has it open"))
        #expect(error.description == error.message)
        #expect(try openDescriptors(of: path) == 1)
        try writer.write([1], at: 0)
    }

    @Test func `A writer keeps readers out`() throws {
        let path = try directory.file(size: 4096)
        let writer = try FileDevice(path: path, access: .readWrite)
        let error = try #require(failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readOnly) })
        #expect(error == BlockIOError(.inUse, message: "cannot lock '\(path)' for reading: this process has it open for writing"))
        try writer.write([1], at: 0)
    }

    @Test func `Readers share a file, and keep writers out`() throws {
        let path = try directory.file(size: 4096)
        let first = try FileDevice(path: path, access: .readOnly)
        let second = try FileDevice(path: path, access: .readOnly)
        let error = failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readWrite) }
        #expect(error?.message == "cannot lock '\(path)' for writing: this process has it open")
        #expect(try first.read(at: 0, count: 1) == second.read(at: 0, count: 1))
    }

    @Test func `Without locking nobody is kept out`() throws {
        let path = try directory.file(size: 4096)
        let writer = try FileDevice(path: path, access: .readWrite)
        let other = try FileDevice(path: path, access: .readWrite, locking: .none)
        try other.write([5], at: 0)
        #expect(try writer.read(at: 0, count: 1) == [5])
        // One that took no lock is in nobody's way either.
        let second = try directory.file("second.img", size: 4096)
        let careless = try FileDevice(path: second, access: .readWrite, locking: .none)
        let careful = try FileDevice(path: second, access: .readWrite)
        try careless.write([1], at: 0)
        try careful.write([1], at: 0)
    }

    @Test(arguments: [Access.readOnly, .readWrite])
    func `What this process has open is not emptied, whatever the locking`(access: Access) throws {
        let bytes = SeededBytes.make(4096)
        let path = try directory.file("disk.img", bytes)
        try FileManager.default.linkItem(atPath: path, toPath: directory("hard.img"))
        func createFails(_ name: String) throws {
            let path = directory(name)
            let error = failure { () throws(BlockIOError) in _ = try FileDevice.create(path: path, size: ByteCount(512), locking: .none) }
            #expect(error == BlockIOError(.inUse, message: "cannot overwrite '\(path)': this process has it open"))
            let file = try FileDescriptor.open(FilePath(path), .writeOnly)
            defer { try? file.close() }
            #expect(failure { () throws(BlockIOError) in try FileDevice.empty(file, path: path) } == error)
        }
        var devices = try (0..<2).map { _ in try FileDevice(path: path, access: access, locking: .none) }
        while !devices.isEmpty {
            for name in ["disk.img", "hard.img"] { try createFails(name) }
            #expect(try devices[0].read(at: 0, count: 4096) == bytes)
            devices.removeLast()
        }
        #expect(try FileDevice.create(path: path, size: ByteCount(512), locking: .none).size == ByteCount(512))
        #expect(try contents(of: path) == [UInt8](repeating: 0, count: 512))
    }

    @Test func `A lock goes with the device, or with the failure to open it`() throws {
        let path = try directory.file(size: 4096)
        do {
            let reader = try FileDevice(path: path, access: .readOnly)
            #expect(failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readWrite) }?.code == .inUse)
            _ = try reader.read(at: 0, count: 1)
        }
        let writer = try FileDevice(path: path, access: .readWrite)
        try writer.write([1], at: 0)
    }

    @Test func `A lock holds against other processes`() async throws {
        let path = try directory.file(size: 4096)
        let writer = try FileDevice(path: path, access: .readWrite)
        await #expect(processExitsWith: .success) { [path = path as String] in
            let error = failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readWrite) }
            #expect(
                error
                    == BlockIOError(
                        .inUse, errno: .resourceTemporarilyUnavailable,
                        message: "cannot lock '\(path)' for writing: another process has it open"))
            let second = failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readOnly) }
            #expect(second?.message == "cannot lock '\(path)' for reading: another process has it open for writing")
            #expect(throws: Never.self) { try FileDevice(path: path, access: .readOnly, locking: .none) }
        }
        try writer.write([1], at: 0)
    }

    @Test func `The lock of another process holds against this one`() throws {
        let path = try directory.file(size: 4096)
        // The other process is any program with a lock of POSIX's: those conflict with ours as well. It tells that it has the lock by one
        // file, and keeps it until there is another.
        let script = """
            import fcntl, os, sys, time
            file = open(sys.argv[1], "r+")
            fcntl.lockf(file, fcntl.LOCK_EX)
            open(sys.argv[2], "w")
            while not os.path.exists(sys.argv[3]): time.sleep(0.01)
            """
        let (locked, enough) = (directory("locked"), directory("enough"))
        let other = BackgroundThread {
            do { try HostCommand("python3", package: "python3").run("-c", script, path, locked, enough) } catch { Issue.record(error) }
        }
        while !other.hasEnded, !FileManager.default.fileExists(atPath: locked) { VolumeLaws.pause() }
        let error = failure { () throws(BlockIOError) in _ = try FileDevice(path: path, access: .readOnly) }
        #expect(error?.message == "cannot lock '\(path)' for reading: another process has it open for writing")
        _ = try directory.file("enough")
        other.join()
        #expect(throws: Never.self) { try FileDevice(path: path, access: .readWrite) }
    }
}
