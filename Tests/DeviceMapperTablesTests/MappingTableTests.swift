import DeviceMapperTables
import StorageUnits
import Testing
import VolumeLaws

@Suite struct MappingTableTests {
    private func line(_ start: UInt64, _ length: UInt64, _ target: any Target = ZeroTarget()) throws -> MappingTable.Line {
        MappingTable.Line(try #require(SectorRange(start: Sectors(start), length: Sectors(length))), target)
    }

    private func refusal(_ lines: [MappingTable.Line]) -> String? {
        do throws(TableError) {
            _ = try MappingTable(lines)
            return nil
        } catch {
            return error.description
        }
    }

    // MARK: what is a table

    @Test("a table without lines is refused")
    func empty() {
        #expect(refusal([]) == "the table has no lines")
    }

    @Test("a gap between lines is refused with its line and word")
    func gap() throws {
        #expect(
            refusal([try line(0, 8), try line(9, 8)]) == "line 2, word 1: start: the line leaves a gap: expected sector 8, found 9")
        #expect(
            DeviceMapperTablesTests.refusal(of: "# x\n8 8 zero")
                == "line 2, word 1: start: the line leaves a gap: expected sector 0, found 8")
    }

    @Test("an overlap of lines is refused with its line and word")
    func overlap() throws {
        #expect(refusal([try line(0, 8), try line(7, 8)]) == "line 2, word 1: start: the line overlaps: expected sector 8, found 7")
        #expect(
            DeviceMapperTablesTests.refusal(of: "0 8 zero\n0 8 zero")
                == "line 2, word 1: start: the line overlaps: expected sector 8, found 0")
    }

    @Test("lines in the wrong order are refused: nobody sorts them")
    func order() throws {
        #expect(refusal([try line(8, 8), try line(0, 8)]) == "line 1, word 1: start: the line leaves a gap: expected sector 0, found 8")
    }

    @Test("a line of no sectors is refused")
    func noSectors() throws {
        #expect(refusal([try line(0, 8), try line(8, 0)]) == "line 2, word 2: length: expected at least 1, found 0")
        #expect(DeviceMapperTablesTests.refusal(of: ZeroTarget(), length: 0) == "line 1, word 2: length: expected at least 1, found 0")
    }

    @Test("a device ends within 2^54 - 1 sectors")
    func tooLong() throws {
        let most = Sectors.max.count
        #expect(refusal([try line(0, most)]) == nil)
        #expect(refusal([try line(0, most - 1), try line(most - 1, 1)]) == nil)
        let expected = "length: the device would have more than 18014398509481983 sectors"
        #expect(refusal([try line(0, most + 1)]) == "line 1, word 2: \(expected)")
        #expect(refusal([try line(0, most), try line(most, 1)]) == "line 2, word 2: \(expected)")
        #expect(DeviceMapperTablesTests.refusal(of: ZeroTarget(), length: UInt64.max) == "line 1, word 2: \(expected)")
        #expect(DeviceMapperTablesTests.refusal(of: "0 \(most) zero\n\(most) 1 zero") == "line 2, word 2: \(expected)")
    }

    @Test("a name that the kernel has no room for is refused", arguments: ["", "abcdefghijklmnop", "a\0b"])
    func names(_ name: String) {
        #expect(
            DeviceMapperTablesTests.refusal(of: UnknownTarget(typeName: name, arguments: []))
                == "line 1, word 3: target: a name has 1 to 15 bytes and no NUL character")
    }

    @Test("a device without a name, or with a NUL character in it, is refused", arguments: ["", "/dev/\0sda", "\0"])
    func devices(_ path: String) throws {
        let expected = "a device's path is empty or has a NUL character"
        #expect(DeviceMapperTablesTests.refusal(of: LinearTarget(device: .path(path))) == "line 1: \(expected)")
        let second = StripedTarget(chunkSize: 4, stripes: [.init(device: "8:0"), .init(device: .path(path))])
        #expect(refusal([try line(0, 8), try line(8, 8, second)]) == "line 2: \(expected)")
    }

    @Test("what a target has against its line is refused with the line's number and the target's name")
    func validation() throws {
        let target = StripedTarget(chunkSize: 3, stripes: [.init(device: "8:0")])
        #expect(
            refusal([try line(0, 8), try line(8, 8, target)])
                == "line 2, word 2: striped: length: 8 sectors a stripe are not a multiple of the chunk size, 3")
    }

    // MARK: finding lines

    @Test("the line of a sector is found at every boundary", arguments: [1, 2, 3, 4, 7, 8, 9, 100])
    func lookup(_ count: Int) throws {
        var random = SeededGenerator(seed: UInt64(count))
        var lines: [MappingTable.Line] = []
        var end: UInt64 = 0
        for _ in 0..<count {
            let length = UInt64.random(in: 1...5, using: &random)
            lines.append(try line(end, length))
            end += length
        }
        let table = try MappingTable(lines)
        #expect(table.length == Sectors(end))
        for (index, line) in lines.enumerated() {
            for sector in line.range.start.count..<line.range.end.count {
                #expect(table.lineIndex(at: Sectors(sector)) == index, "sector \(sector) of seed \(count)")
            }
        }
        #expect(table.lineIndex(at: Sectors(end)) == nil)
        #expect(table.lineIndex(at: Sectors(UInt64.max)) == nil)
    }

    // MARK: devices

    @Test("devices are replaced in every line, in their order, and lines keep their numbers")
    func mapping() throws {
        let table = try MappingTable(parsing: "# x\n0 8 linear a 0\n8 8 striped 2 4 b 0 c 1\n16 8 zero\n24 8 crypt cipher_null-ecb - 0 a 0")
        var seen: [DeviceReference] = []
        let mapped = try table.mappingDevices {
            seen.append($0)
            return .path("/\($0)")
        }
        #expect(seen == ["a", "b", "c", "a"])
        #expect(mapped.description == "0 8 linear /a 0\n8 8 striped 2 4 /b 0 /c 1\n16 8 zero\n24 8 crypt cipher_null-ecb - 0 /a 0\n")
        #expect(mapped.lines.map(\.number) == [2, 3, 4, 5])
        #expect(mapped != table)
        #expect(try mapped.mappingDevices { .path(String($0.description.dropFirst())) } == table)
    }

    @Test("a replacement that is no device is refused with the line")
    func badMapping() throws {
        let table = try MappingTable(parsing: "0 8 zero\n8 8 linear a 0")
        let error = #expect(throws: TableError.self) { _ = try table.mappingDevices { _ in .path("") } }
        #expect(error?.description == "line 2: a device's path is empty or has a NUL character")
    }

    // MARK: equality

    @Test("tables are equal when their ranges and targets are, wherever they were read")
    func equality() throws {
        let table = try MappingTable(parsing: "0 8 linear a 0\n8 8 zero")
        #expect(try MappingTable(parsing: "# x\n\n0 8   linear a 00\n# y\n8 8 zero\n") == table)
        #expect(try MappingTable([try line(0, 8, LinearTarget(device: "a")), try line(8, 8)]) == table)
        for other in [
            "0 8 linear a 0", "0 8 linear b 0\n8 8 zero", "0 8 linear a 0\n8 9 zero", "0 8 linear a 0\n8 8 error",
            "0 9 linear a 0\n9 8 zero",
        ] {
            #expect(try MappingTable(parsing: other) != table, "\(other)")
        }
    }

    @Test("a target that is known and one of the same words that is not are not equal")
    func unknownIsDifferent() throws {
        let known = try MappingTable(parsing: "0 8 zero")
        let unknown = try MappingTable(parsing: "0 8 zero", registry: TargetRegistry([]))
        #expect(known != unknown)
        #expect(known.description == unknown.description)
    }

    // MARK: text

    @Test("a line prints like the table's, without its end")
    func lineText() throws {
        let table = try MappingTable(parsing: "0 8 linear a 0\n8 8 crypt aes-cbc-plain64 000102030405060708090a0b0c0d0e0f 0 b 0")
        #expect(table.lines.map(\.description).joined(separator: "\n") + "\n" == table.description)
        #expect(table.lines[0].arguments() == "a 0")
        #expect(table.lines[1].arguments() == "aes-cbc-plain64 <redacted> 0 b 0")
        #expect(table.lines[1].arguments(keys: .shown) == "aes-cbc-plain64 000102030405060708090a0b0c0d0e0f 0 b 0")
    }

    @Test("whoever is lent the text may throw its own error")
    func lentText() throws {
        struct Refusal: Error {}
        let table = try MappingTable(parsing: "0 8 zero")
        #expect(throws: Refusal.self) { try table.withText(keys: .redacted) { (_) throws(Refusal) in throw Refusal() } }
        #expect(table.withText(keys: .redacted) { $0.count } == 9)
    }
}
