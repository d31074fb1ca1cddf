import BlockIO
import CrashTesting
import DeviceMapperTables
import DiskFormats
import StorageUnits
import Testing
import UserspaceVolumes
import VolumeLaws

@Suite struct CrashTestTests {
    private func workload(_ care: RecordStore.Care, _ disk: CrashDisk, count: Int = 4) throws {
        let store = RecordStore(disk: disk, care: care)
        for number in 0..<count {
            try store.store(number)
            disk.mark("stored \(number)")
        }
    }

    private func check(_ crash: CrashState) throws {
        try RecordStore.check(crash.device, promised: crash.marks.count { $0.hasPrefix("stored") })
    }

    /// What a test of a store finds first.
    private func finding(_ care: RecordStore.Care, _ change: (inout CrashTest) -> Void = { _ in }) -> CrashTestError? {
        var test = CrashTest(size: .mebibytes(1))
        change(&test)
        do throws(CrashTestError) {
            try test.run({ try workload(care, $0) }, check: check)
            return nil
        } catch {
            return error
        }
    }

    @Test("a store that flushes where it must passes", arguments: [RecordStore.Care.right, .forcedCount])
    func rightStores(_ care: RecordStore.Care) throws {
        for seed in 0..<UInt64(scaled(50)) {
            #expect(finding(care) { $0.seed = seed } == nil)
        }
    }

    @Test(
        "a store without one of its flushes is caught, with the last entry before the crash",
        arguments: [RecordStore.Care.noFlushBeforeTheCount, .noFlushBehindTheCount, .forcedCountAlone])
    func wrongStores(_ care: RecordStore.Care) throws {
        for seed in 0..<UInt64(scaled(50)) {
            var test = CrashTest(size: .mebibytes(1))
            test.seed = seed
            let recording = try test.record { try workload(care, $0) }
            guard case .failingStates(let states)? = error({ () throws(CrashTestError) in try recording.check(test, check) }) else {
                Issue.record("seed \(seed): nothing was found")
                continue
            }
            #expect(states.count == 1 && states[0].error is RecordStore.Lost)
            let log = try logged(by: recording)
            #expect(states[0].lastEntry == log[Int(states[0].point.entry)])
        }
    }

    /// The entries of a log, as its reader has them.
    private func logged(by recording: CrashRecording) throws -> [LogWritesEntry] {
        let reader = try LogWritesReader(recording.log)
        var entries: [LogWritesEntry] = []
        while let item = try reader.next() { entries.append(item.entry) }
        return entries
    }

    @Test("without losses, as replay-log has it, most mistakes are not seen")
    func withoutLosses() throws {
        #expect(finding(.noFlushBeforeTheCount) { $0.losses = nil } == nil)
        #expect(finding(.noFlushBehindTheCount) { $0.losses = nil } == nil)
    }

    @Test("a failing state is told so that it can be made again", arguments: [512, 4096, nil] as [Int?])
    func again(_ atomicSize: Int?) throws {
        let losses = CrashLosses(atomicSize: atomicSize)
        var test = CrashTest(size: .mebibytes(1))
        test.failureLimit = 1000
        test.losses = losses
        let recording = try test.record { try workload(.noFlushBeforeTheCount, $0) }
        let log = try logged(by: recording)
        var contents: [CrashPoint: [UInt8]] = [:]
        let thrown = error { () throws(CrashTestError) in
            try recording.check(test) { crash in
                contents[crash.point] = try crash.device.read(at: 0, count: 32_768)
                try check(crash)
            }
        }
        guard case .failingStates(let states)? = thrown else {
            Issue.record("nothing was found")
            return
        }
        #expect(states.count > 4)
        for state in states {
            #expect(state.lastEntry == log[Int(state.point.entry)])
            // From the same recording, and by a new run of the workload.
            let found = try recording.withState(at: state.point, losses: losses) { crash -> String in
                #expect(crash.point == state.point && crash.lastEntry == state.lastEntry)
                let bytes = try crash.device.read(at: 0, count: 32_768)
                #expect(bytes == contents[state.point])
                return failure(of: check, crash).map { "\($0)" } ?? "nothing"
            }
            #expect(found == "\(state.error)")
            let again = finding(.noFlushBeforeTheCount) { test in
                test.only = state.point
                test.losses = losses
            }
            guard case .failingStates(let others)? = again else {
                Issue.record("\(state.point): not found again")
                continue
            }
            #expect(others.map(\.description) == [state.description])
        }
    }

    @Test("which writes survive is the same whatever is atomic")
    func survivors() throws {
        let recording = try CrashTest(size: .mebibytes(1)).record { disk in
            for place in 0..<10 as Range<UInt64> { try disk.write([UInt8](repeating: 1, count: 16384), at: place * 16384) }
        }
        func whole(_ seed: UInt64, _ atomicSize: Int?) throws -> [Bool] {
            let point = CrashPoint(entry: 9, survivors: .some(seed: seed))
            return try recording.withState(at: point, losses: CrashLosses(atomicSize: atomicSize)) { crash in
                try (0..<10 as Range<UInt64>).map { place in
                    try crash.device.read(at: place * 16384, count: 16384).allSatisfy { $0 == 1 }
                }
            }
        }
        var seen: Set<[Bool]> = []
        for seed in 0..<20 as Range<UInt64> {
            let found = try whole(seed, nil)
            seen.insert(found)
            for atomicSize in [512, 1024] { #expect(try whole(seed, atomicSize) == found) }
        }
        #expect(seen.count > 5)
    }

    @Test("what looks at a state throws what it likes")
    func looks() throws {
        struct Wrong: Error {}
        let recording = try CrashTest(size: .mebibytes(1)).record { try $0.flush() }
        #expect(throws: Wrong.self) {
            try recording.withState(at: CrashPoint(entry: 0), losses: nil) { (_) -> Void in throw Wrong() }
        }
        let absent = #expect(throws: CrashTestError.self) {
            try recording.withState(at: CrashPoint(entry: 9), losses: nil) { (_) -> Void in }
        }
        #expect(absent?.description == "the log has no entry 9, all unflushed writes survived")
    }

    @Test("each moment has the states that it says")
    func points() throws {
        var test = CrashTest(size: .mebibytes(1))
        let recording = try test.record { disk in
            try disk.write([UInt8](repeating: 1, count: 512), at: 0)  // 0
            try disk.flush()  // 1
            try disk.write([UInt8](repeating: 2, count: 512), at: 0)  // 2
            try disk.write([UInt8](repeating: 3, count: 512), at: 512)  // 3
            try disk.write([UInt8](repeating: 4, count: 512), at: 0, flags: .forceUnitAccess)  // 4
            disk.mark("m")  // 5
            try disk.flush()  // 6
            // Closing marks the end, 7.
        }
        func points() throws -> [String] {
            var points: [String] = []
            try recording.check(test) { crash in
                let survivors =
                    switch crash.point.survivors {
                    case .all: "all"
                    case .none: "none"
                    case .some: "some"
                    }
                let bytes = try [0, 512].map { try crash.device.read(at: $0, count: 1)[0] }
                let moment = "\(crash.point.entry)\(crash.point.isUnderWay ? " under way" : "")"
                points.append("\(moment) \(survivors) \(survivors == "some" ? [] : bytes)")
            }
            return points
        }
        test.losses = nil
        #expect(try points() == ["0 all [1, 0]", "1 all [1, 0]", "4 all [4, 3]", "5 all [4, 3]", "6 all [4, 3]", "7 all [4, 3]"])
        test.losses = CrashLosses(statesPerMoment: 1)
        #expect(
            try points() == [
                "0 all [1, 0]", "0 none [0, 0]", "1 all [1, 0]", "4 under way none [1, 0]", "4 under way some []", "4 all [4, 3]",
                "4 none [4, 0]", "4 some []", "5 all [4, 3]", "5 none [4, 0]", "5 some []", "6 all [4, 3]", "7 all [4, 3]",
            ])
        test.moments = .duringForcedWrites
        #expect(try points() == ["4 under way none [1, 0]", "4 under way some []"])
        let during = try recording.check(test) { _ in }
        #expect(during.moments == 1 && during.states == 2)
        test.losses = nil
        test.moments = .afterMarks
        #expect(try points() == ["5 all [4, 3]", "7 all [4, 3]"])
        test.moments = .afterForcedWrites
        #expect(try points() == ["4 all [4, 3]"])
        test.moments = .afterFlushes
        #expect(try points() == ["1 all [1, 0]", "6 all [4, 3]"])
        test.moments = .beforeFlushes
        #expect(try points() == ["0 all [1, 0]", "5 all [4, 3]"])
        test.moments = .duringForcedWrites
        #expect(try points() == [])
        test.moments = .afterEveryEntry
        #expect(try points().count == 8)
        let report = try recording.check(test) { _ in }
        #expect(report.entries == 8 && report.moments == 8 && report.states == 8)
    }

    @Test("states lose a write and keep a later one, and have writes in part, but never what was flushed or forced")
    func subsets() throws {
        var test = CrashTest(size: .mebibytes(1))
        test.moments = .beforeFlushes
        test.losses = CrashLosses(statesPerMoment: 200)
        var seen: Set<[Bool]> = []
        var torn = 0
        try test.run { disk in
            try disk.write([UInt8](repeating: 9, count: 512), at: 0)
            try disk.flush()
            for place in 1...3 { try disk.write([UInt8](repeating: 1, count: 512), at: UInt64(place) * 4096) }
            try disk.write([UInt8](repeating: 1, count: 4096), at: 65536)
            try disk.write([UInt8](repeating: 2, count: 512), at: 512, flags: .forceUnitAccess)
        } check: { crash in
            guard crash.point.entry > 1 else { return }
            #expect(try crash.device.read(at: 0, count: 1) == [9])
            #expect(try crash.device.read(at: 512, count: 1) == [2])
            let large = try (0..<8 as Range<UInt64>).map { try crash.device.read(at: 65536 + $0 * 512, count: 1)[0] == 1 }
            if Set(large).count == 2 { torn += 1 }
            seen.insert(try (1...3 as ClosedRange<UInt64>).map { try crash.device.read(at: $0 * 4096, count: 1)[0] == 1 })
        }
        #expect(seen.count == 8)
        #expect((5...80).contains(torn), "\(torn)")
    }

    @Test("a forced write that is under way is lost, or there in part, like any other; once it has returned it is whole")
    func forcedWrites() throws {
        var test = CrashTest(size: .mebibytes(1))
        test.losses = CrashLosses(statesPerMoment: 50)
        var underWay: [CrashPoint: [UInt8]] = [:]
        let recording = try test.record { disk in
            try disk.write([UInt8](repeating: 1, count: 4096), at: 0)
            try disk.flush()
            try disk.write([UInt8](repeating: 2, count: 4096), at: 0, flags: .forceUnitAccess)
            disk.mark("returned")
        }
        try recording.check(test) { crash in
            let bytes = try crash.device.read(at: 0, count: 4096)
            if crash.point.isUnderWay {
                #expect(crash.lastEntry.description == "write 0+4096, fua" && crash.marks.isEmpty)
                underWay[crash.point] = bytes
            } else if crash.point.entry >= 2 {
                #expect(bytes.allSatisfy { $0 == 2 })
            }
        }
        let kinds: Set<Set<UInt8>> = [[1], [1, 2], [2]]
        #expect(Set(underWay.values.map { Set($0) }) == kinds)
        for (point, bytes) in underWay {
            try recording.withState(at: point, losses: test.losses) { crash in
                let found = try crash.device.read(at: 0, count: 4096)
                #expect(found == bytes)
            }
        }
        struct Wrong: Error {}
        test.only = CrashPoint(entry: 2, isUnderWay: true, survivors: .none)
        let failing = error { () throws(CrashTestError) in
            try recording.check(test) { crash in
                #expect(try crash.device.read(at: 0, count: 1) == [1])
                throw Wrong()
            }
        }
        guard case .failingStates(let states)? = failing else {
            Issue.record("nothing was found")
            return
        }
        #expect(
            states.map(\.description)
                == ["a crash with entry 2 under way, no unflushed write survived (the last is write 0+4096, fua): Wrong()"])
    }

    @Test("what is atomic is whole or lost")
    func atomicWrites() throws {
        for atomic in [nil, 4096] as [Int?] {
            var test = CrashTest(size: .mebibytes(1))
            test.losses = CrashLosses(statesPerMoment: 200, atomicSize: atomic)
            try test.run { disk in
                for place in 0..<4 as Range<UInt64> { try disk.write([UInt8](repeating: 1, count: 4096), at: place * 4096) }
            } check: { crash in
                for place in 0..<4 as Range<UInt64> {
                    let bytes = try crash.device.read(at: place * 4096, count: 4096)
                    #expect(Set(bytes).count == 1)
                }
            }
        }
    }

    @Test("discards may be lost, too, and zeroes are writes")
    func discardsAndZeroes() throws {
        var test = CrashTest(size: ByteCount(65536))
        test.initial = MemoryDevice([UInt8](repeating: 7, count: 65536), logicalBlockSize: 4096)
        test.moments = .beforeFlushes
        var seen: Set<[UInt8]> = []
        try test.run { disk in
            try disk.discard(at: 0, count: 8192)
            try disk.writeZeroes(at: 16384, count: 8192, flags: [])
        } check: { crash in
            let found = [try crash.device.read(at: 0, count: 1)[0], try crash.device.read(at: 16384, count: 1)[0]]
            seen.insert(found)
            guard case .all = crash.point.survivors else { return }
            // Blocks that became zeroes as a whole take no memory.
            #expect(found == [0, 0])
            for place in [0, 16384] as [UInt64] { #expect(try crash.device.extent(at: place, limit: 4096).kind == .hole) }
            #expect(try crash.device.read(at: 8192, count: 8192) == [UInt8](repeating: 7, count: 8192))
        }
        #expect(seen.isSuperset(of: [[0, 0], [7, 7]]))
    }

    @Test("what a checker writes is gone for the next, and the device before stays as it was")
    func independence() throws {
        let initial = MemoryDevice([UInt8](repeating: 7, count: 1 << 16))
        var test = CrashTest(size: ByteCount(1 << 16))
        test.initial = initial
        let report = try test.run { disk in
            for place in 0..<8 as Range<UInt64> {
                try disk.write([1], at: place * 5000)
                try disk.flush()
            }
        } check: { crash in
            #expect(try crash.device.read(at: 60000, count: 3) == [7, 7, 7])
            try crash.device.write([9, 9, 9], at: 60000)
            try crash.device.discard(at: 0, count: 30000)
            #expect(try crash.device.read(at: 59999, count: 4) == [7, 9, 9, 9])
            #expect(try crash.device.read(at: 29999, count: 1) == [0])
        }
        #expect(report.states > 20)
        #expect(initial.contents.allSatisfy { $0 == 7 })
    }

    @Test("a log with larger blocks gives them to the disk, and is read in them", arguments: [4096, 65536])
    func largeLogBlocks(_ blockSize: Int) throws {
        let log = RecordingDevice(MemoryDevice(size: .mebibytes(4), logicalBlockSize: blockSize))
        var test = CrashTest(size: .mebibytes(1))
        test.losses = CrashLosses(statesPerMoment: 50)
        let recording = try test.record(to: log) { disk in
            try disk.write([1], at: 100)
            try disk.flush()
            try disk.write([UInt8](repeating: 2, count: blockSize), at: 0)
        }
        #expect(try LogWritesReader(log).superblock.blockSize == blockSize)
        let unit = UInt64(blockSize)
        var torn = 0
        try recording.check(test) { crash in
            guard crash.point.entry >= 1 else { return }
            let byte = try crash.device.read(at: 100, count: 1)[0]
            #expect(byte == 1 || byte == 2)
            let sectors = try stride(from: 0, to: unit, by: 512).map { try crash.device.read(at: $0, count: 1)[0] }
            if Set(sectors).count == 2 { torn += 1 }
        }
        #expect(torn > 0)
        #expect(log.calls.allSatisfy { $0.offset % unit == 0 && $0.count % unit == 0 })
    }

    @Test("a workload that writes nothing has a log, too, in place of the one that was there")
    func idleWorkloads() throws {
        let log = MemoryDevice(size: .mebibytes(1))
        let test = CrashTest(size: .mebibytes(1))
        _ = try test.record(to: log) { try $0.write([1], at: 0) }
        let recording = try test.record(to: log) { _ in }
        let report = try recording.check(test) { crash in
            let first = try crash.device.read(at: 0, count: 1)
            #expect(first == [0])
        }
        #expect(report.entries == 1 && report.states == 1)
    }

    @Test("a log, or an initial device, that cannot be used is refused before the workload is run")
    func unusableDevices() throws {
        func refused(_ test: CrashTest, to log: (any BlockDevice)? = nil) -> String? {
            error { () throws(CrashTestError) in try test.record(to: log) { _ in Issue.record("the workload was run") } }?.description
        }
        var test = CrashTest(size: ByteCount(4608))
        #expect(
            refused(test, to: MemoryDevice(size: .mebibytes(1), logicalBlockSize: 131_072))
                == "a log has blocks of at most 65536 bytes, the device for it has blocks of 131072")
        #expect(
            refused(test, to: MemoryDevice(size: .mebibytes(1), logicalBlockSize: 4096))
                == "line 1: start and length are no multiples of the line's block size, 4096 bytes")
        test.initial = MemoryDevice(size: ByteCount(4096))
        #expect(refused(test) == "the initial device has 4096 bytes, the test needs 4608")
        test.initial = MemoryDevice(size: ByteCount(16384), logicalBlockSize: 8192)
        #expect(refused(test) == "the initial device has blocks of 8192 bytes, at most 4096 can be")
    }

    @Test("a workload may put volumes on the disk")
    func stacks() throws {
        try CrashTest(size: .mebibytes(1)).run { disk in
            let table = try MappingTable(parsing: "0 1000 linear disk 24")
            let volume = try Volume(table, opening: .devices(["disk": disk]))
            try volume.write([1, 2, 3], at: 700)
            try volume.close()
            disk.mark("closed")
        } check: { crash in
            let bytes = try crash.device.read(at: 24 * 512 + 700, count: 3)
            #expect(crash.marks.isEmpty ? bytes == [0, 0, 0] || bytes == [1, 2, 3] : bytes == [1, 2, 3])
        }
    }

    @Test("what keeps a test from ending is told")
    func failures() throws {
        struct Wrong: Error {}
        var test = CrashTest(size: .mebibytes(1))
        let thrown = error { () throws(CrashTestError) in try test.run({ _ in throw Wrong() }, check: { _ in }) }
        #expect(thrown?.description == "the workload failed: Wrong()")
        test.logSize = ByteCount(20 * 512)
        let full = error { () throws(CrashTestError) in
            try test.run({ try $0.write([UInt8](repeating: 1, count: 20 * 512), at: 0) }, check: { _ in })
        }
        #expect(full?.description == "the log is full: 10240 bytes are too few for all that the workload writes")
        test.logSize = .mebibytes(1)
        test.only = CrashPoint(entry: 99, survivors: .some(seed: 3))
        let absent = error { () throws(CrashTestError) in try test.run({ try $0.flush() }, check: { _ in }) }
        #expect(absent?.description == "the log has no entry 99, some unflushed writes survived, seed 3")
        test.only = nil
        let failing = error { () throws(CrashTestError) in try test.run({ try $0.flush() }, check: { _ in throw Wrong() }) }
        #expect(
            failing?.description == """
                a crash after entry 0, all unflushed writes survived (the last is flush): Wrong()
                to see one again, give its entry and seed as a CrashPoint to CrashTest.only, or with the test's losses to \
                CrashRecording.withState(at:losses:)
                """)
        let huge = MemoryDevice(size: .mebibytes(1))
        let writer = LogWritesWriter(huge, blockSize: 512)
        #expect(try writer.append(LogWritesEntry(.discard, offset: 0, count: 1 << 63), RawSpan()))
        try writer.writeSuperblock()
        let hostile = error { () throws(CrashTestError) in
            try CrashRecording(log: huge, size: .mebibytes(1)).check(CrashTest(size: .mebibytes(1))) { _ in }
        }
        #expect(
            hostile?.description
                == "a state could not be made: 9223372036854775808 bytes at 0 reach past the end of the device, which has 1048576 bytes "
                + "(bytes 0 to 9223372036854775807)")
        let none = CrashRecording(log: MemoryDevice(size: .kibibytes(4)), size: .mebibytes(1))
        #expect(
            error { () throws(CrashTestError) in try none.check(test) { _ in } }?.description
                == "the log: byte 0: no log of log-writes: the magic number is missing")
        #expect(CrashPoint(entry: 1, survivors: .none).description == "entry 1, no unflushed write survived")
        #expect(CrashPoint(entry: 1, isUnderWay: true).description == "entry 1 under way, all unflushed writes survived")
    }

    private func error(_ body: () throws(CrashTestError) -> some Any) -> CrashTestError? {
        do throws(CrashTestError) {
            _ = try body()
            return nil
        } catch {
            return error
        }
    }

    private func failure(of check: (CrashState) throws -> Void, _ crash: CrashState) -> (any Error)? {
        do {
            try check(crash)
            return nil
        } catch {
            return error
        }
    }
}
