import BlockIO
import DeviceMapperTables
import Foundation
import StorageUnits
import Synchronization
import Testing
import UserspaceVolumes
import VolumeLaws

/// What opening a volume fails with, and what is left of it: nothing.
@Suite struct VolumeOpeningTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// What opening a table over the devices `a` to `c`, of 64 sectors each, fails with.
    private func failure(
        _ lines: String..., access: Access = .readWrite, wrap: (any BlockDevice) -> any BlockDevice = { $0 }
    ) throws -> MappingError {
        let members = Members("abc", sectors: 64)
        return try #require(
            openingFailure(
                try MappingTable(parsing: lines.joined(separator: "\n")), .devices(members.memory.mapValues(wrap), access: access)))
    }

    // MARK: targets

    @Test func `A target without an engine is refused by name`() throws {
        let error = try failure("0 8 linear a 0", "8 8 verity 1 a b 4096 4096 1 1 sha256 \(Keys.hex(32)) -")
        #expect(error.code == .unsupported)
        #expect(error.line == 2)
        #expect(error.description == "line 2: target 'verity' cannot be opened in user space")
    }

    @Test func `Line numbers count comments and blank lines`() throws {
        #expect(
            try failure("# a comment", "", "0 8 linear a 0", "8 8 invented 1").description
                == "line 4: target 'invented' cannot be opened in user space")
    }

    // MARK: devices

    @Test func `A device that is not there is named`() throws {
        let error = try failure("0 8 linear a 0", "8 16 striped 2 8 a 8 x 0")
        #expect(error.code == .deviceUnavailable)
        #expect(error.device == "x")
        #expect(error.description == "line 2: x: there is no such device")
        #expect(
            try failure("0 8 crypt aes-xts-plain64 \(Keys.xts) 0 8:0 0").description == "line 1: 8:0: there is no such device")
    }

    @Test func `A device that is too short is named, with what it has and what the line needs`() throws {
        let error = try failure("0 8 linear a 0", "8 8 linear b 57")
        #expect(error.code == .deviceTooSmall)
        #expect(error.line == 2)
        #expect(error.device == "b")
        #expect(error.description == "line 2: b: the device has 64 sectors, the line needs 65")
        #expect(
            try failure("0 64 striped 2 8 a 0 c 40").description == "line 1: c: the device has 64 sectors, the line needs 72")
        #expect(
            try failure("0 65 crypt aes-xts-plain64 \(Keys.xts) 0 c 0").description
                == "line 1: c: the device has 64 sectors, the line needs 65")
        #expect(
            try failure("0 64 linear a \(Sectors.max.count - 64)").description
                == "line 1: a: the device has 64 sectors, the line needs \(Sectors.max)")
        // A device's last sectors are there to be used, an odd rest of bytes is not.
        #expect(openingFailure(try MappingTable("0 8 linear a 56"), Members("a", sectors: 64).opener) == nil)
        let odd: DeviceOpener = .devices(["a": MemoryDevice(size: ByteCount(1000))])
        #expect(
            openingFailure(try MappingTable("0 2 linear a 0"), odd)?.description
                == "line 1: a: the device has 1 sectors, the line needs 2")
    }

    @Test func `A read-only device is refused for writing`() throws {
        let error = try failure("0 8 linear a 0", wrap: { ReadOnlyDevice($0) })
        #expect(error.code == .readOnly)
        #expect(error.description == "line 1: a: the device is read-only")
        #expect(
            try failure("0 8 zero", "8 16 striped 1 8 c 0", wrap: { ReadOnlyDevice($0) }).description
                == "line 2: c: the device is read-only")
    }

    @Test func `Files that cannot be opened are named with the system's reason`() throws {
        let file = try directory.file(size: 64 * 512)
        let missing = directory("missing.img")
        let first = try #require(openingFailure(try MappingTable("0 8 linear \(file) 0", "8 8 linear \(missing) 0"), .files(.readWrite)))
        #expect(first.code == .deviceUnavailable)
        #expect(first.errno == ENOENT)
        #expect(first.description == "line 2: cannot open '\(missing)': No such file or directory")
        #expect((first.underlying as? BlockIOError)?.code == .notFound)
        let second = try #require(openingFailure(try MappingTable("0 8 linear \(directory.path) 0"), .files(.readWrite)))
        #expect(second.code == .deviceUnavailable)
        #expect(second.description == "line 1: cannot open '\(directory.path)': it is a directory")
        let third = try #require(openingFailure(try MappingTable("0 8 linear /dev/null 0"), .files(.readOnly)))
        #expect(third.description == "line 1: cannot open '/dev/null': it is neither a file nor a block device")
        let fourth = try #require(openingFailure(try MappingTable("0 65 linear \(file) 0"), .files(.readWrite)))
        #expect(fourth.description == "line 1: \(file): the device has 64 sectors, the line needs 65")
        let fifth = try #require(openingFailure(try MappingTable("0 8 linear 4095:1048575 0"), .files(.readWrite)))
        #expect(fifth.code == .deviceUnavailable)
        #expect(fifth.description == "line 1: there is no block device 4095:1048575 on this machine")
    }

    // MARK: alignment

    @Test func `A line of large sectors begins and ends at a multiple of them`() throws {
        let crypt = "crypt aes-xts-plain64 \(Keys.xts) 0 a 0 1 sector_size:4096"
        let error = try failure("0 3 linear b 0", "3 16 \(crypt)")
        #expect(error.code == .invalidTable)
        #expect(error.description == "line 2: start and length are no multiples of the line's block size, 4096 bytes")
        #expect(openingFailure(try MappingTable("0 8 linear b 0", "8 16 \(crypt)"), Members("ab", sectors: 64).opener) == nil)
    }

    @Test func `A device with large blocks is used in whole blocks`() throws {
        let members = Members("ab", sectors: 64, blockSize: 4096)
        func description(_ lines: String...) throws -> String? {
            openingFailure(try MappingTable(parsing: lines.joined(separator: "\n")), members.opener)?.description
        }
        let message = "line 1: a: the line's start and length on the device are no multiples of its logical block size, 4096 bytes"
        #expect(try description("0 8 linear a 1") == message)
        #expect(try description("0 9 linear a 0") == message)
        #expect(try description("0 8 crypt aes-xts-plain64 \(Keys.xts) 0 a 4") == message)
        #expect(try description("0 16 striped 2 8 b 0 a 2") == message)
        #expect(
            try description("0 16 striped 2 4 a 0 b 0")
                == "line 1: the chunk size is no multiple of a device's logical block size, 4096 bytes")
        #expect(
            try description("0 1 zero", "1 8 linear a 0")
                == "line 2: start and length are no multiples of the line's block size, 4096 bytes")
        #expect(try description("0 8 linear a 8", "8 16 striped 2 8 a 16 b 0") == nil)
    }

    // MARK: crypt

    @Test(arguments: [
        ("aria-cbc-plain64", "the cipher is none of aes, serpent, twofish, camellia, sm4, cast5, blowfish, des3_ede, cipher_null"),
        ("aes-lrw-benbi", "the mode is none of xts, cbc, ecb, ctr"),
        ("blowfish-xts-plain64", "xts takes a cipher with blocks of 16 bytes, and those of blowfish have 8"),
        ("capi:authenc(hmac(sha256),cbc(aes))-plain64", "expected a cipher in a mode, such as capi:xts(aes)-plain64"),
        ("capi:xts(aes)", "expected an initialization vector, such as plain64"),
        (
            "aes-cbc-essiv:invented",
            "essiv takes one of md5, sha1, rmd160, sha224, sha256, sha384, sha3-224, sha3-256, sha3-384, sm3"
        ),
        (
            "aes-cbc-invented",
            "expected an initialization vector of plain, plain64, plain64be, null, essiv, benbi and eboiv, found 'invented'"
        ),
    ])
    func `A cipher that is not there is refused by name`(cipher: String, message: String) throws {
        let key = cipher.contains("lrw") ? Keys.hex(48) : cipher.contains("authenc") ? Keys.hex(64) : Keys.hex(32)
        let error = try failure("0 8 crypt \(cipher) \(key) 0 a 0")
        #expect(error.code == .unsupported)
        #expect(error.description == "line 1: cipher '\(cipher)' cannot be opened in user space: " + message)
    }

    @Test(arguments: [
        ("twofish-cbc-plain64", 24, "twofish in cbc mode takes keys of 16 or 32 bytes, not 24"),
        ("cast5-cbc-plain64", 8, "cast5 in cbc mode takes keys of 11 to 16 bytes, not 8"),
    ])
    func `A key that only the kernel's cipher takes is refused`(cipher: String, keySize: Int, message: String) throws {
        let error = try failure("0 8 crypt \(cipher) \(Keys.hex(keySize)) 0 a 0")
        #expect(error.code == .invalidKey)
        #expect(error.description == "line 1: crypt: \(message)")
    }

    @Test func `An option that is not known is refused, for the bytes might depend on it`() throws {
        let error = try failure("0 8 zero", "8 8 crypt aes-xts-plain64 \(Keys.xts) 0 a 0 2 allow_discards invented:3")
        #expect(error.code == .unsupported)
        #expect(error.description == "line 2: crypt option 'invented:3' is not known in user space")
    }

    @Test(arguments: ["integrity:28:none", "integrity_key_size:16"])
    func `Integrity tags are refused`(option: String) throws {
        let error = try failure("0 8 crypt aes-xts-plain64 \(Keys.xts) 0 a 0 1 \(option)")
        #expect(error.code == .unsupported)
        #expect(error.description == "line 1: crypt with integrity tags cannot be opened in user space")
    }

    @Test func `Options of performance change nothing`() throws {
        let members = Members("a", sectors: 8)
        let plain = try Volume(try MappingTable("0 8 crypt aes-xts-plain64 \(Keys.xts) 0 a 0"), opening: members.opener)
        let options = "same_cpu_crypt high_priority submit_from_crypt_cpus no_read_workqueue no_write_workqueue"
        let other = try Volume(
            try MappingTable("0 8 crypt aes-xts-plain64 \(Keys.xts) 0 a 0 5 \(options)"), opening: members.opener)
        try plain.write(SeededBytes.make(4096), at: 0)
        #expect(try other.read(at: 0, count: 4096) == SeededBytes.make(4096))
    }

    // MARK: nothing stays open

    @Test(arguments: 0..<3)
    func `When one line cannot be opened nothing stays open, wherever the line is`(bad: Int) throws {
        var files: [String] = []
        for name in ["a.img", "b.img", "c.img", "d.img"] { files.append(try directory.file(name, size: 64 * 512)) }
        for mistake in [
            "linear \(directory("missing")) 0", "linear \(files[0]) 64", "invented 1", "striped 2 4 \(files[3]) 0 \(directory.path) 0",
            "crypt aria-xts-plain64 \(Keys.xts) 0 \(files[0]) 0",
            "crypt aes-xts-plain64 :64:file:\(directory("missing")) 0 \(files[0]) 0",
        ] {
            var targets = [
                "linear \(files[0]) 0", "striped 2 4 \(files[1]) 0 \(files[2]) 0",
                "crypt aes-xts-plain64 \(Keys.xts) 0 \(files[1]) 8",
            ]
            targets[bad] = mistake
            let lines = targets.enumerated().map { "\($0 * 8) 8 \($1)" }
            let table = try MappingTable(parsing: lines.joined(separator: "\n"))
            // An opener that lives on remembers the devices, and must not keep them.
            let opener = DeviceOpener.files(.readWrite)
            let error = try #require(openingFailure(table, opener), "\(mistake)")
            #expect(error.line == bad + 1, "\(mistake)")
            for file in files {
                #expect(try openDescriptors(of: file) == 0, "\(mistake)")
                #expect(throws: Never.self, "\(mistake)") { try FileDevice(path: file, access: .readWrite) }
            }
        }
    }

    // MARK: locks and names

    @Test func `A second volume on a file is refused while the first is open`() throws {
        let file = try directory.file(size: 64 * 512)
        let table = try MappingTable("0 64 linear \(file) 0")
        let first = try Volume(table)
        let error = try #require(openingFailure(table, .files(.readWrite)))
        #expect(error.code == .busy)
        #expect(error.description == "line 1: cannot lock '\(file)' for writing: this process has it open")
        let reader = try #require(openingFailure(table, .files(.readOnly)))
        #expect(reader.code == .busy)
        #expect(reader.description == "line 1: cannot lock '\(file)' for reading: this process has it open for writing")
        #expect(openingFailure(table, .files(.readWrite, locking: .none)) == nil)
        try first.close()
        #expect(openingFailure(table, .files(.readWrite)) == nil)
    }

    @Test func `A file that is being let go is opened again when it is closed`() throws {
        let file = try directory.file(size: 64 * 512)
        let opener = DeviceOpener.files(.readWrite)
        let user = Monitor<OpenedDevice?>(try opener.open(.path(file), access: .readWrite))
        let (device, isClosed) = try user.withLock { user in
            let device = try #require(user?.device as? FileDevice)
            return (Weak(device: device), device.isClosed)
        }
        // As long as the lock is held nobody is told that the file is closed.
        let (closing, opening) = isClosed.withLock { _ in
            let closing = BackgroundThread { user.withLock { $0 = nil } }
            while device.device != nil { VolumeLaws.pause() }
            let opening = BackgroundThread { #expect(throws: Never.self) { try opener.open(.path(file), access: .readWrite) } }
            #expect(opening.comesToWait())
            return (closing, opening)
        }
        closing.join()
        opening.join()
    }

    /// In a process of its own: a child that another test starts would have a file's lock for a moment longer.
    @Test func `A link that comes to lead elsewhere while it is opened leads to one of both`() async throws {
        let files = [try directory.file("a.img", size: 64 * 512), try directory.file("b.img", size: 64 * 512)]
        await #expect(processExitsWith: .success) { [files = files as [String], path = directory.path as String] in
            let opener = DeviceOpener.files(.readWrite)
            // One of them is open as long as it lasts.
            let first = try opener.open(.path(files[0]), access: .readWrite)
            let hasEnded = Atomic(false)
            let link = path + "/link.img"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: files[0])
            let turning = BackgroundThread {
                var turn = 0
                while !hasEnded.load(ordering: .relaxed) {
                    turn += 1
                    try? FileManager.default.createSymbolicLink(atPath: link + ".new", withDestinationPath: files[turn % 2])
                    _ = unsafe rename(link + ".new", link)
                }
            }
            for _ in 0..<scaled(20_000) {
                let opened = try opener.open(.path(link), access: .readWrite)
                #expect((opened.identity == first.identity) == (opened.device as AnyObject === first.device as AnyObject))
            }
            hasEnded.store(true, ordering: .relaxed)
            turning.join()
        }
    }

    @Test func `Volumes of one opener share a file`() throws {
        let file = try directory.file(size: 64 * 512)
        let opener = DeviceOpener.files(.readWrite)
        let first = try Volume(try MappingTable("0 32 linear \(file) 0"), opening: opener)
        let second = try Volume(try MappingTable("0 32 linear \(file) 32"), opening: opener)
        #expect(try openDescriptors(of: file) == 1)
        try first.write([1], at: 0)
        try second.write([2], at: 0)
        try first.close()
        #expect(try second.read(at: 0, count: 1) == [2])
        try second.close()
        #expect(try openDescriptors(of: file) == 0)
        #expect(try contents(of: file)[32 * 512] == 2)
    }

    @Test func `A file under several names is opened once`() throws {
        let file = try directory.file(size: 64 * 512)
        let hard = directory("hard.img")
        let soft = directory("soft.img")
        try FileManager.default.linkItem(atPath: file, toPath: hard)
        try FileManager.default.createSymbolicLink(atPath: soft, withDestinationPath: file)
        let table = try MappingTable(
            "0 8 linear \(file) 0", "8 8 linear \(hard) 8", "16 16 striped 2 8 \(soft) 16 \(directory.path)/./disk.img 24",
            "32 8 linear \(file) 32")
        let volume = try Volume(table)
        #expect(try openDescriptors(of: file) + openDescriptors(of: hard) == 1)
        let bytes = SeededBytes.make(40 * 512)
        try volume.write(bytes, at: 0)
        try volume.close()
        #expect(try contents(of: file).prefix(40 * 512) == bytes[...])
        #expect(try openDescriptors(of: file) + openDescriptors(of: hard) == 0)
    }

    @Test func `The files are closed with the volume, and with the last reference to one that was not closed`() throws {
        let file = try directory.file(size: 64 * 512)
        let volume = try Volume(try MappingTable("0 64 linear \(file) 0"))
        #expect(try openDescriptors(of: file) == 1)
        try volume.close()
        #expect(try openDescriptors(of: file) == 0)
        var other: Volume? = try Volume(try MappingTable("0 64 striped 1 8 \(file) 0"))
        try other?.write([7], at: 5)
        other = nil
        #expect(try openDescriptors(of: file) == 0)
        #expect(try contents(of: file)[5] == 7)
    }

    // MARK: engines of all kinds

    @Test func `An engine that cannot be made, or begin, is named by its line, and the others end`() throws {
        for failing in [Probe.Moment.make, .resume] {
            for bad in 0..<3 {
                let probes = (0..<3).map { Probe(failing: $0 == bad ? failing : nil) }
                let lines = try probes.enumerated().map { index, probe in
                    MappingTable.Line(
                        try #require(SectorRange(start: Sectors(UInt64(index)), length: 1)), ProbeTarget(probe: probe))
                }
                let error = try #require(openingFailure(try MappingTable(lines), .devices([:])))
                #expect(error.description == "line \(bad + 1): cannot \(failing)")
                for (index, probe) in probes.enumerated() {
                    let expected: [Probe.Moment] =
                        switch failing {
                        case .make: index < bad ? [.make, .close] : index == bad ? [.make] : []
                        default: index < bad ? [.make, .resume, .close] : index == bad ? [.make, .resume, .close] : [.make, .close]
                        }
                    #expect(probe.moments == expected, "\(failing) of line \(bad + 1), engine of line \(index + 1)")
                }
            }
        }
    }
}

private struct Weak {
    weak var device: FileDevice?
}
