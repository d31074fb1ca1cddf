import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct MappingTableParsingTests {
    @Test("a line is read into its range and its target")
    func oneLine() throws {
        let table = try MappingTable(parsing: "0 2048 linear /dev/sda 4096")
        #expect(table.lines.count == 1)
        #expect(table.lines[0].range == SectorRange(start: 0, length: 2048))
        #expect(table.lines[0].target as? LinearTarget == LinearTarget(device: .path("/dev/sda"), start: 4096))
        #expect(table.length == 2048)
        #expect(table.description == "0 2048 linear /dev/sda 4096\n")
    }

    @Test("several lines are read, of several targets")
    func severalLines() throws {
        let table = try MappingTable(parsing: "0 8 zero\n8 8 error\n16 16 striped 2 8 8:0 0 8:16 0\n32 1 linear a 0\n")
        #expect(table.lines.map(\.target.typeName) == ["zero", "error", "striped", "linear"])
        #expect(table.length == 33)
        #expect(table.description == "0 8 zero\n8 8 error\n16 16 striped 2 8 8:0 0 8:16 0\n32 1 linear a 0\n")
    }

    @Test("blank lines and comments are passed over, and counted")
    func blankLinesAndComments() throws {
        let text = "\n# 0 8 zero\n  \t \n0 8 zero\n   # a comment \\\n\n#\n8 8 zero"
        #expect(try MappingTable(parsing: text).description == "0 8 zero\n8 8 zero\n")
        #expect(refusal(of: text + " x") == "line 8, word 4: unexpected 'x' after the arguments of zero")
    }

    @Test("a '#' that begins no line is a word like any other")
    func numberSignInside() throws {
        #expect(refusal(of: "0 8 zero # comment") == "line 1, word 4: unexpected '#' after the arguments of zero")
        #expect(try onlyTarget("0 8 linear #1.img 0", as: LinearTarget.self).device == .path("#1.img"))
    }

    @Test("lines end in LF or CRLF, and the last one need not end")
    func lineEnds() throws {
        let expected = "0 8 zero\n8 8 linear /dev/sda 0\n"
        for text in ["0 8 zero\n8 8 linear /dev/sda 0\n", "0 8 zero\r\n8 8 linear /dev/sda 0\r\n", "0 8 zero\n8 8 linear /dev/sda 0"] {
            #expect(try MappingTable(parsing: text).description == expected)
        }
        #expect(refusal(of: "0 8 zero\r\n\r\n8 8 zero x\r\n") == "line 3, word 4: unexpected 'x' after the arguments of zero")
    }

    @Test("tabs and other white space separate words")
    func whiteSpace() throws {
        #expect(try MappingTable(parsing: "\t0\t8  linear\u{0B}/dev/sda\u{0C}0\t ").description == "0 8 linear /dev/sda 0\n")
    }

    @Test("a backslash quotes a space, a backslash, and the byte 0xA0 within a character")
    func quoting() throws {
        let target = try onlyTarget(#"0 8 linear /im\ ages/a\\b\c 0"#, as: LinearTarget.self)
        #expect(target.device == .path(#"/im ages/a\bc"#))
        // 'à' is C3 A0: the kernel's text has a backslash between the two.
        let text = Array("0 8 linear /voil".utf8) + [0xC3, 0x5C, 0xA0] + Array(" 0\n".utf8)
        let table = try MappingTable(parsingUTF8: text.span)
        #expect(table.lines[0].target as? LinearTarget == LinearTarget(device: .path("/voilà")))
        #expect(bytesWithKeys(table) == text)
        #expect(table.description == "0 8 linear /voilà 0\n")
        #expect(try MappingTable(parsing: table.description) == table)
    }

    @Test("a quoted end of a line is part of a word, and counted as a line")
    func quotedLineEnd() throws {
        let table = try MappingTable(length: 8, LinearTarget(device: .path("a\nb")))
        #expect(table.description == "0 8 linear a\\\nb 0\n")
        #expect(try MappingTable(parsing: table.description) == table)
        #expect(refusal(of: table.description + "8 8 zero x") == "line 3, word 4: unexpected 'x' after the arguments of zero")
        // It is about the line on which the words begin.
        #expect(refusal(of: "0 8 linear a\\\nb x") == "line 1, word 5: start sector: 'x' is not a number")
    }

    @Test("a comment does not go on behind a backslash")
    func commentWithBackslash() throws {
        #expect(try MappingTable(parsing: "# comment \\\n0 8 zero").lines.count == 1)
    }

    @Test("a backslash at the very end stands for itself")
    func trailingBackslash() throws {
        let text = #"0 8 new a\"#
        let target = try onlyTarget(text, as: UnknownTarget.self)
        #expect(target.arguments == [#"a\"#])
        #expect(try MappingTable(parsing: text).description == #"0 8 new a\\"# + "\n")
    }

    @Test("text in UTF-8, in a string or in a part of one is read alike")
    func sources() throws {
        let text = "zero\n0 8 zero\n"
        let expected = try MappingTable(length: 8, ZeroTarget())
        #expect(try MappingTable(parsing: text.dropFirst(5)) == expected)
        let bytes = Array(text.utf8.dropFirst(5))
        #expect(try MappingTable(parsingUTF8: bytes.span) == expected)
    }

    @Test("the name of a target is told in its case", arguments: ["LINEAR", "Linear", "linear2", "\\ linear"])
    func names(_ name: String) throws {
        #expect(try MappingTable(parsing: "0 8 \(name) /dev/sda 0").lines[0].target is UnknownTarget)
        #expect(try MappingTable(parsing: #"0 8 l\inear /dev/sda 0"#).lines[0].target is LinearTarget)
    }

    @Test("the numbers of a line are remembered, as errors need them")
    func lineNumbers() throws {
        let table = try MappingTable(parsing: "# first\n0 8 zero\n\n8 8 zero\n")
        #expect(table.lines.map(\.number) == [2, 4])
        #expect(try MappingTable(table.lines).lines.map(\.number) == [1, 2])
    }

    // MARK: errors

    @Test(
        "a text that is no table is refused with its line and word",
        arguments: [
            ("", "the table has no lines"),
            ("\n # nothing\n\n", "the table has no lines"),
            ("0", "line 1, word 2: length: the line ends here"),
            ("0 8", "line 1, word 3: target: the line ends here"),
            ("x 8 zero", "line 1, word 1: start: 'x' is not a number"),
            ("0 x zero", "line 1, word 2: length: 'x' is not a number"),
            ("0 -8 zero", "line 1, word 2: length: '-8' is not a number"),
            ("0 8s zero", "line 1, word 2: length: '8s' is not a number"),
            ("18446744073709551616 8 zero", "line 1, word 1: start: the number does not fit 64 bits"),
            (
                "18014398509481984 8 zero",
                "line 1, word 1: start: expected 0 to 18014398509481983, found 18014398509481984"
            ),
            ("0 0 zero", "line 1, word 2: length: expected 1 to 18014398509481983, found 0"),
            (
                "0 18014398509481984 zero",
                "line 1, word 2: length: expected 1 to 18014398509481983, found 18014398509481984"
            ),
            ("0 8 abcdefghijklmnop", "line 1, word 3: target: 'abcdefghijklmnop' has more than 15 bytes"),
            ("0 8 zero x", "line 1, word 4: unexpected 'x' after the arguments of zero"),
            ("0 8 zero\n8 8 linear a 0 y z", "line 2, word 6: unexpected 'y' after the arguments of linear"),
            ("0 8 zero\n8 8 ze\0ro", "line 2, word 3: a NUL character"),
            ("\0", "line 1, word 1: a NUL character"),
        ])
    func errors(_ text: String, _ expected: String) {
        #expect(refusal(of: text) == expected)
    }

    @Test("a name of 15 bytes is taken")
    func longestName() throws {
        #expect(try onlyTarget("0 8 abcdefghijklmno", as: UnknownTarget.self).typeName == "abcdefghijklmno")
    }

    @Test("codes say what kind of mistake it is")
    func codes() {
        func code(_ text: String) -> TableError.Code? {
            do throws(TableError) {
                _ = try MappingTable(parsing: text)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code("") == .emptyTable)
        #expect(code("0 8") == .missingWord)
        #expect(code("0 8 zero x") == .unexpectedWord)
        #expect(code("x") == .notANumber)
        #expect(code("0 0 zero") == .outOfRange)
        #expect(code("0 8 abcdefghijklmnop") == .outOfRange)
        #expect(code("\0") == .invalidText)
        #expect(code("8 8 zero") == .misplacedLine)
        #expect(code("0 7 striped 2 1 a 0 b 0") == .invalidLength)
        #expect(code("0 8 crypt a-b - 0 d 0") == .invalidValue)
    }

    @Test("a table of a hundred thousand lines is read, and every boundary is found")
    func manyLines() throws {
        let count = 100_000
        let devices: [DeviceReference] = ["8:0", "8:1", "8:2"]
        var text = ""
        for number in 0..<count { text += "\(3 * number) 3 linear 8:\(number % 3) \(number)\n" }
        let table = try MappingTable(parsing: text)
        #expect(table.lines.count == count)
        #expect(table.length == Sectors(UInt64(3 * count)))
        for number in stride(from: 0, to: count, by: 97) + [count - 1] {
            let first = Sectors(UInt64(3 * number))
            #expect(table.lineIndex(at: first) == number)
            #expect(table.lineIndex(at: Sectors(first.count + 2)) == number)
            #expect(
                table.lines[number].target as? LinearTarget == LinearTarget(device: devices[number % 3], start: Sectors(UInt64(number))))
        }
        #expect(table.lineIndex(at: table.length) == nil)
        #expect(table.description == text)
    }
}

private func + (left: StrideTo<Int>, right: [Int]) -> [Int] { Array(left) + right }
