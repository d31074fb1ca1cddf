import BlockIO
import DeviceMapperTables
import StorageUnits
import SystemPackage
import Testing
import UserspaceVolumes
import VolumeLaws

/// Which group and which path requests go over, and what is told of them.
@Suite struct MultipathTests {
    // MARK: groups and paths

    @Test func `Requests go over the paths of the initial group in turn, flushes and all`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 2 2 round-robin 0 1 1 a 1 round-robin 0 2 1 b 1 c 1", "abc")
        #expect(try bench.status == "2 1 0 0 2 2 E 0 1 0 a A 0 E 0 2 0 b A 0 c A 0", "nothing was asked yet")
        let bytes = SeededBytes.make(5000)
        try bench.volume.write(bytes, at: 1000, flags: .forceUnitAccess)
        #expect(try bench.status == "2 0 0 0 2 2 E 0 1 0 a A 0 A 0 2 0 b A 0 c A 0")
        #expect(try bench.volume.read(at: 1000, count: 5000) == bytes)
        try bench.volume.flush()
        try bench.volume.discard(at: 512, count: 1024)
        try bench.volume.writeZeroes(at: 0, count: 512, flags: .mayUnmap)
        _ = try bench.volume.extent(at: 0, limit: 512)
        #expect(bench.take("b") == ["write 1000+5000, durable", "flush", "writeZeroes 0+512, may unmap"])
        #expect(bench.take("c") == ["read 1000+5000", "discard 512+1024", "extent 0+512"])
        #expect(bench.take("a") == [])
    }

    @Test func `A path that fails is left out, and the request goes over the next`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 2 1 round-robin 0 2 1 a 1 b 1 round-robin 0 1 1 c 1", "abc")
        bench.fail("a", [.write])
        let bytes = SeededBytes.make(1000)
        try bench.volume.write(bytes, at: 0)
        #expect(bench.take("a") == ["write 0+1000"])
        #expect(bench.take("b") == ["write 0+1000"])
        #expect(try bench.status == "2 0 0 0 2 1 A 0 2 0 a F 1 b A 0 E 0 1 0 c A 0")
        #expect(bench.log.lines == ["warning: line 1: path 'a' failed: made to fail (bytes 0 to 999)"])
        // The last path of the group takes the group with it.
        bench.fail("b", [.read])
        #expect(try bench.volume.read(at: 0, count: 1000) == bytes)
        #expect(bench.take("b") == ["read 0+1000"])
        #expect(bench.take("c") == ["read 0+1000"])
        #expect(try bench.status == "2 0 0 0 2 2 E 0 2 0 a F 1 b F 1 A 0 1 0 c A 0")
        // Paths that work again are no reason to go back.
        #expect(bench.send("reinstate_path a") == nil)
        try bench.volume.flush()
        #expect(bench.take("c") == ["flush"])
        #expect(try bench.status == "2 0 0 0 2 2 E 0 2 0 a A 1 b F 1 A 0 1 0 c A 0")
        bench.fail("c", [.flush])
        try bench.volume.flush()
        #expect(bench.take("a") == ["flush"])
        #expect(try bench.status == "2 0 0 0 2 1 A 0 2 0 a A 1 b F 1 E 0 1 0 c F 1")
    }

    @Test func `Every kind of request fails over`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 1 1 queue-length 0 2 1 a 1 b 1", "ab")
        let requests: [(RequestKind, (Volume) throws -> Void)] = [
            (.read, { _ = try $0.read(at: 10, count: 10) }), (.write, { try $0.write([1], at: 10) }), (.flush, { try $0.flush() }),
            (.discard, { try $0.discard(at: 0, count: 512) }), (.writeZeroes, { try $0.writeZeroes(at: 0, count: 512, flags: []) }),
            (.extent, { _ = try $0.extent(at: 0, limit: 512) }),
        ]
        for (kind, request) in requests {
            bench.fail("a", [kind])
            try request(bench.volume)
            #expect(try bench.status.contains("a F"), "\(kind)")
            #expect(bench.send("reinstate_path a") == nil)
            // It comes last then, and the other's turn is over with this.
            try bench.volume.flush()
        }
    }

    @Test func `When no path is left requests fail, whatever the paths have said`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 2 1 round-robin 0 1 1 a 1 round-robin 0 1 1 b 1", "ab")
        bench.fail("a", [.write], written: 100)
        bench.fail("b", [.write], error: BlockIOError(.noMemory, message: "no room"), written: 300)
        let error = failure { () throws(BlockIOError) in try bench.volume.write(SeededBytes.make(1000), at: 50) }
        #expect(error == BlockIOError(.inputOutput, offset: 350, count: 700, message: "no path works: no room"))
        // The group that failed last is told until the next request comes.
        #expect(try bench.status == "2 0 0 0 2 2 E 0 1 0 a F 1 A 0 1 0 b F 1")
        let next = failure { () throws(BlockIOError) in _ = try bench.volume.read(at: 7, count: 3) }
        #expect(next == BlockIOError(.inputOutput, offset: 7, count: 3, message: "no path works"))
        #expect(try bench.status == "2 0 0 0 2 1 E 0 1 0 a F 1 E 0 1 0 b F 1")
        #expect(failure { () throws(BlockIOError) in try bench.volume.flush() }?.description == "no path works")
        #expect(bench.send("reinstate_path b") == nil)
        #expect(try bench.volume.read(at: 350, count: 3) == Array(bench.disk.contents[350..<353]))
        #expect(try bench.status == "2 0 0 0 2 2 E 0 1 0 a F 1 A 0 1 0 b A 1")
    }

    @Test(arguments: [
        BlockIOError(.unsupported, message: "not made for this"), BlockIOError(.noSpace, message: "full"),
        BlockIOError(.inputOutput, errno: .noData, message: "a bad sector"),
        BlockIOError(.inputOutput, errno: .illegalByteSequence, message: "a wrong checksum"),
        BlockIOError(.inputOutput, errno: .init(rawValue: 121), message: "refused by the storage"),
        BlockIOError(.inputOutput, errno: .init(rawValue: 52), message: "reserved by another machine"),
    ])
    func `What the storage itself answers is the request's answer, and fails no path`(error: BlockIOError) throws {
        let bench = try MultipathBench("0 64 multipath 0 0 1 1 service-time 0 2 1 a 1 b 1", "ab")
        bench.fail("a", [.write], error: error)
        let found = failure { () throws(BlockIOError) in try bench.volume.write([1, 2, 3], at: 9) }
        #expect(found == error.moved(to: 9, count: 3))
        #expect(try bench.status == "2 0 0 0 1 1 A 0 2 2 a A 0 0 1 b A 0 0 1")
        #expect(bench.take("b") == [])
    }

    @Test(arguments: [
        BlockIOError(.inputOutput, errno: .ioError, message: "gone"), BlockIOError(.inputOutput, message: "gone"),
        BlockIOError(.noMemory, message: "gone"), BlockIOError(.closed, message: "gone"), BlockIOError(.readOnly, message: "gone"),
        BlockIOError(.suspended, message: "gone"), BlockIOError(.endOfFile, message: "gone"), BlockIOError(.notFound, message: "gone"),
    ])
    func `Anything else may be the path's fault`(error: BlockIOError) throws {
        let bench = try MultipathBench("0 64 multipath 0 0 1 1 queue-length 0 2 1 a 1 b 1", "ab")
        bench.fail("a", [.write], error: error)
        try bench.volume.write([1, 2, 3], at: 9)
        #expect(try bench.status == "2 0 0 0 1 1 A 0 2 1 a F 1 0 b A 0 0")
    }

    @Test func `A device without paths is open, and every request fails but a flush, for which there is nothing`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 0 0", "")
        #expect(bench.volume.size == ByteCount(64 * 512))
        #expect(try bench.status == "2 1 0 0 0 0")
        try bench.volume.flush()
        #expect(try bench.status == "2 1 0 0 0 0")
        let error = failure { () throws(BlockIOError) in _ = try bench.volume.read(at: 0, count: 512) }
        #expect(error?.description == "no path works (bytes 0 to 511)")
        #expect(try bench.status == "2 0 0 0 0 0")
        #expect(closingFailure(bench.volume) == nil, "nothing was written that could be lost")
    }

    // MARK: messages

    @Test func `A disabled group is used when no other has a path`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 3 1 round-robin 0 1 1 a 1 round-robin 0 1 1 b 1 round-robin 0 1 1 c 1", "abc")
        try bench.volume.flush()
        #expect(bench.send("disable_group 1") == nil)
        #expect(try bench.status == "2 0 0 0 3 1 D 0 1 0 a A 0 E 0 1 0 b A 0 E 0 1 0 c A 0")
        #expect(bench.send("DISABLE_GROUP 2") == nil)
        try bench.volume.flush()
        #expect(try bench.status == "2 0 0 0 3 3 D 0 1 0 a A 0 D 0 1 0 b A 0 A 0 1 0 c A 0")
        #expect(bench.send("fail_path c") == nil)
        try bench.volume.flush()
        // The first of the disabled ones, which is told as disabled though it is used.
        #expect(try bench.status == "2 0 0 0 3 1 D 0 1 0 a A 0 D 0 1 0 b A 0 E 0 1 0 c F 1")
        // It stays in use as long as it has a path.
        #expect(bench.send("reinstate_path c") == nil)
        try bench.volume.flush()
        #expect(try bench.status == "2 0 0 0 3 1 D 0 1 0 a A 0 D 0 1 0 b A 0 E 0 1 0 c A 1")
        #expect(bench.send("enable_group 2") == nil)
        try bench.volume.flush()
        #expect(try bench.status == "2 0 0 0 3 2 D 0 1 0 a A 0 A 0 1 0 b A 0 E 0 1 0 c A 1")
        #expect(bench.send("switch_group 3") == nil)
        #expect(try bench.status == "2 0 0 0 3 3 E 0 1 0 a A 0 E 0 1 0 b A 0 E 0 1 0 c A 1", "no group is disabled any more")
        try bench.volume.flush()
        #expect(try bench.status == "2 0 0 0 3 3 E 0 1 0 a A 0 E 0 1 0 b A 0 A 0 1 0 c A 1")
        // A group without a path cannot be switched to: another is looked for.
        #expect(bench.send("fail_path b") == nil)
        #expect(bench.send("switch_group 2") == nil)
        #expect(try bench.status == "2 0 0 0 3 2 E 0 1 0 a A 0 E 0 1 0 b F 1 E 0 1 0 c A 1")
        try bench.volume.flush()
        #expect(try bench.status == "2 0 0 0 3 1 A 0 1 0 a A 0 E 0 1 0 b F 1 E 0 1 0 c A 1")
    }

    @Test func `Paths are failed and reinstated by message, and counted`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 2 1 round-robin 0 2 1 a 1 b 1 round-robin 0 1 1 a 1", "ab")
        #expect(bench.send("fail_path a") == nil)
        #expect(try bench.status == "2 1 0 0 2 1 E 0 2 0 a F 1 b A 0 E 0 1 0 a F 1", "in every group that has it")
        #expect(bench.send("fail_path a") == nil)
        #expect(try bench.status == "2 1 0 0 2 1 E 0 2 0 a F 1 b A 0 E 0 1 0 a F 1", "it has failed already")
        #expect(bench.send("REINSTATE_PATH a") == nil)
        #expect(bench.send("reinstate_path a") == nil)
        #expect(bench.send("reinstate_path b") == nil)
        #expect(bench.send("fail_path a") == nil)
        #expect(try bench.status == "2 1 0 0 2 1 E 0 2 0 a F 2 b A 0 E 0 1 0 a F 2")
        #expect(
            bench.log.lines == [
                "warning: line 1: path 'a' is taken out of use", "warning: line 1: path 'a' is taken out of use",
                "warning: line 1: path 'a' is taken into use",
                "warning: line 1: path 'a' is taken into use", "warning: line 1: path 'a' is taken out of use",
                "warning: line 1: path 'a' is taken out of use",
            ])
    }

    @Test(arguments: [
        ("fail_path x", MappingError.Code.deviceUnavailable, "line 1: x: there is no such device"),
        ("reinstate_path x", .deviceUnavailable, "line 1: x: there is no such device"),
        ("fail_path c", .invalidMessage, "line 1: c: the device is no path of the table"),
        ("reinstate_path c", .invalidMessage, "line 1: c: the device is no path of the table"),
        ("switch_group 3", .invalidMessage, "line 1: group: expected 1 to 2, found 3"),
        ("enable_group 1024", .invalidMessage, "line 1: group: expected 1 to 2, found 1024"),
        ("disable_group 3", .invalidMessage, "line 1: group: expected 1 to 2, found 3"),
        ("disable_group 0", .invalidMessage, "line 1: group: expected 1 to 1024, found 0"),
        ("disable_group", .invalidMessage, "line 1: group: the line ends here"),
        ("fail_path", .invalidMessage, "line 1: path: the line ends here"),
        ("queue_if_no_path 1", .invalidMessage, "line 1: unexpected '1' after the arguments of the message"),
        ("fail_path a b", .invalidMessage, "line 1: unexpected 'b' after the arguments of the message"),
        (
            "what", .invalidMessage,
            "line 1: message: expected queue_if_no_path, fail_if_no_path, disable_group, enable_group, switch_group, fail_path or reinstate_path, found 'what'"
        ),
    ])
    func `A message that is wrong is refused, and changes nothing`(message: String, code: MappingError.Code, text: String) throws {
        let bench = try MultipathBench("0 64 multipath 0 0 2 1 round-robin 0 1 1 a 1 round-robin 0 1 1 b 1", "abc")
        let before = try bench.status
        let error = bench.send(message)
        #expect(error?.code == code)
        #expect(error?.description == text)
        #expect(try bench.status == before)
    }

    @Test func `A device without groups has none to choose`() throws {
        let bench = try MultipathBench("0 64 multipath 0 0 0 0", "")
        #expect(bench.send("switch_group 1")?.description == "line 1: group: expected none, for there is no group, found 1")
    }

    // MARK: what is opened

    @Test(arguments: [
        ("1 what 0 0 0", "line 1: multipath feature 'what' is not known in user space"),
        ("0 0 1 1 what 0 1 0 a", "line 1: selector 'what' is not known in user space"),
        ("0 0 1 1 round-robin 0 2 1 a 1 small 1", "line 1: small: the device has 63 sectors, the line needs 64"),
        ("0 0 1 1 round-robin 0 2 1 a 1 x 1", "line 1: x: there is no such device"),
    ])
    func `What cannot work is refused`(arguments: String, message: String) throws {
        let members = Members(["a": 64, "small": 63])
        #expect(openingFailure(try MappingTable("0 64 multipath " + arguments), members.opener)?.description == message)
    }

    @Test(arguments: ["", " queue_mode bio", " queue_mode rq", " queue_mode mq"])
    func `Handlers and repeat counts are left out, and said to be, in every mode`(mode: String) throws {
        let words = "\(mode.isEmpty ? 5 : 7) retain_attached_hw_handler pg_init_retries 3 pg_init_delay_msecs 10\(mode)"
        let bench = try MultipathBench("0 64 multipath \(words) 2 alua x 1 1 round-robin 0 2 1 a 1000 b 1000", "ab")
        #expect(
            bench.log.lines == [
                "warning: line 1: the hardware handler 'alua' is not used in user space",
                "warning: line 1: repeat counts above 1 are taken for 1",
            ])
        for _ in 0..<4 { try bench.volume.flush() }
        #expect(bench.take("a") == ["flush", "flush"])
        #expect(try bench.status == "2 0 0 0 1 1 A 0 2 0 a A 0 b A 0")
    }

    @Test func `Each selector tells what it knows`() throws {
        let bench = try MultipathBench(
            "0 64 multipath 0 0 5 1 round-robin 0 1 0 a queue-length 0 1 0 b service-time 0 1 2 c 1 70 "
                + "historical-service-time 2 500 3 1 0 d io-affinity 0 1 1 e f", "abcde")
        #expect(
            try bench.status
                == "2 1 0 0 5 1 E 0 1 0 a A 0 E 0 1 1 b A 0 0 E 0 1 2 c A 0 0 70 E 2 500 3 1 3 d A 0 1024 0 0 E 0 1 1 e A 0 0")
        for (group, device) in zip(1...5, "abcde") {
            #expect(bench.send("switch_group \(group)") == nil)
            try bench.volume.flush()
            #expect(bench.take(.path(String(device))) == ["flush"])
        }
        let status = try #require(bench.volume.status().first).status(of: MultipathTarget.self)
        #expect(status.groups.map(\.state) == [.enabled, .enabled, .enabled, .enabled, .active])
        #expect(status.groups[3].paths[0].words.first != "1024", "a request was timed")
    }

    @Test func `What is under way is told`() throws {
        let members = Members("ab", sectors: 64)
        let hanging = try HangingDevice(#require(members.memory["a"]))
        let volume = try Volume(
            try MappingTable("0 64 multipath 0 0 2 1 service-time 0 1 2 a 1 9 queue-length 0 1 1 b 1"),
            opening: .devices(["a": hanging, "b": try #require(members.memory["b"])]))
        hanging.hangs = true
        let reader = BackgroundThread { _ = failure { () throws(BlockIOError) in _ = try volume.read(at: 0, count: 700) } }
        hanging.waitForRequests(1)
        #expect(try volume.status().first?.text == "2 0 0 0 2 1 A 0 1 2 a A 0 700 9 E 0 1 1 b A 0 0")
        hanging.hangs = false
        reader.join()
        #expect(try volume.status().first?.text == "2 0 0 0 2 1 A 0 1 2 a A 0 0 9 E 0 1 1 b A 0 0")
    }

    @Test func `Limits are those of all paths together`() throws {
        let small = MemoryDevice([UInt8](repeating: 0, count: 64 * 512), logicalBlockSize: 512)
        let large = MemoryDevice([UInt8](repeating: 0, count: 64 * 512), logicalBlockSize: 4096)
        let volume = try Volume(
            try MappingTable("0 64 multipath 0 0 2 1 round-robin 0 1 1 a 1 round-robin 0 1 1 b 1"),
            opening: .devices(["a": small, "b": large]))
        #expect(volume.lineLimits.first?.logicalBlockSize == 4096)
        try volume.write([1], at: 5)
        #expect(try volume.read(at: 4, count: 3) == [0, 1, 0])
    }

    // MARK: files

    @Test func `A file under two names is two paths, and one device`() throws {
        let directory = try TemporaryDirectory()
        let bytes = SeededBytes.make(64 * 512)
        _ = try directory.file("disk", bytes)
        try directory.link("disk", as: "second")
        try directory.symbolicLink("disk", as: "third")
        let (first, second, third) = (directory("disk"), directory("second"), directory("third"))
        let volume = try Volume(try MappingTable("0 64 multipath 0 0 1 1 round-robin 0 2 1 \(first) 1 \(second) 1"))
        #expect(try volume.read(at: 0, count: 64 * 512) == bytes)
        _ = try volume.send(MultipathTarget.Message.failPath(.path(second)))
        #expect(try volume.status().first?.text == "2 0 0 0 1 1 A 0 2 0 \(first) A 0 \(second) F 1", "as the table calls it")
        // A name that the table has not means whichever paths lead to the device.
        _ = try volume.send(MultipathTarget.Message.reinstatePath(.path(third)))
        _ = try volume.send(MultipathTarget.Message.failPath(.path(third)))
        #expect(try volume.status().first?.text == "2 0 0 0 1 1 A 0 2 0 \(first) F 1 \(second) F 2")
        try volume.close()
    }
}
