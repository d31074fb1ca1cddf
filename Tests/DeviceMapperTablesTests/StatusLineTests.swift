import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct StatusLineTests {
    private func line(_ text: String, _ typeName: String) throws -> StatusLine {
        StatusLine(range: try #require(SectorRange(start: 0, length: 8)), typeName: typeName, text: text)
    }

    @Test("a status that nobody reads is kept as words")
    func opaque() throws {
        #expect(try line("", "linear").status(of: LinearTarget.self) == OpaqueStatus())
        let status = try line(#"V 12/16 a\ b "#, "new").status(of: UnknownTarget.self)
        #expect(status == OpaqueStatus(["V", "12/16", "a b"]))
        var writer = ArgumentWriter(keys: .redacted)
        status.write(to: &writer)
        #expect(writer.string == #"V 12/16 a\ b"#)
    }

    @Test("a status of its own type is read, and a word too many refused")
    func typed() throws {
        let status = try line("1 8:0 1 A", "striped").status(of: StripedTarget.self)
        #expect(status.members == [.init(device: "8:0", hasFailed: false)])
        let error = #expect(throws: TableError.self) { _ = try line("1 8:0 1 A 0", "striped").status(of: StripedTarget.self) }
        #expect(error?.description == "word 5: unexpected '0' after the arguments of the status of striped")
    }

    @Test("a line is its range, its target and its words")
    func description() throws {
        #expect(try line("1 8:0 1 A", "striped").description == "0 8 striped 1 8:0 1 A")
        #expect(try line("", "zero").description == "0 8 zero")
    }

    @Test("a NUL character in a status is refused")
    func nul() throws {
        let error = #expect(throws: TableError.self) { _ = try line("a \0", "new").status(of: UnknownTarget.self) }
        #expect(error?.description == "word 2: a NUL character")
    }
}
