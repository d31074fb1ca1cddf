import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct DelayTargetTests {
    @Test("a delay line has one path for all, or others for writes and flushes")
    func reads() throws {
        let one = DelayTarget.Path(device: "8:0", start: 8, milliseconds: 5)
        let two = DelayTarget.Path(device: "b", milliseconds: 0)
        let three = DelayTarget.Path(device: "c", start: 1, milliseconds: UInt32.max)
        #expect(try onlyTarget("0 8 delay 8:0 8 5", as: DelayTarget.self).paths == .all(one))
        #expect(try onlyTarget("0 8 delay 8:0 8 5 b 0 0", as: DelayTarget.self).paths == .separateWrites(reads: one, writes: two))
        let all = try onlyTarget("0 8 delay 8:0 8 5 b 0 0 c 1 4294967295", as: DelayTarget.self)
        #expect(all.paths == .separateFlushes(reads: one, writes: two, flushes: three))
        #expect(all.devices == ["8:0", "b", "c"])
        #expect(try MappingTable(length: 8, DelayTarget(all.paths)).description == "0 8 delay 8:0 8 5 b 0 0 c 1 4294967295\n")
    }

    @Test(
        "a wrong delay line is refused with its line and word",
        arguments: [
            ("", "word 4: device: the line ends here"),
            ("a", "word 5: start sector: the line ends here"),
            ("a x", "word 5: start sector: 'x' is not a number"),
            ("a 0", "word 6: milliseconds: the line ends here"),
            ("a 0 4294967296", "word 6: milliseconds: expected 0 to 4294967295, found 4294967296"),
            ("a 0 1 b", "word 8: start sector of writes: the line ends here"),
            ("a 0 1 b 0", "word 9: milliseconds of writes: the line ends here"),
            ("a 0 1 b 0 1 c", "word 11: start sector of flushes: the line ends here"),
            ("a 0 1 b 0 1 c 0", "word 12: milliseconds of flushes: the line ends here"),
            ("a 0 1 b 0 1 c 0 1 d", "word 13: unexpected 'd' after the arguments of delay"),
            (
                "a 0 1 b 18014398509481976 1",
                "word 8: delay: start sector: the line's end is more than 18014398509481983 sectors into the device"
            ),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 8 delay \(arguments)") == "line 1, \(expected)")
    }

    private func status(_ text: String) throws(TableError) -> DelayTarget.Status {
        guard let range = SectorRange(start: 0, length: 8) else { preconditionFailure() }
        return try StatusLine(range: range, typeName: "delay", text: text).status(of: DelayTarget.self)
    }

    @Test("a status counts what waits; old kernels tell no flushes")
    func statuses() throws {
        #expect(try status("1 2 3") == DelayTarget.Status(reads: 1, writes: 2, flushes: 3))
        #expect(try status("1 2") == DelayTarget.Status(reads: 1, writes: 2))
        let error = #expect(throws: TableError.self) { _ = try status("1 2 x") }
        #expect(error?.description == "word 3: flushes: 'x' is not a number")
    }
}
