import DeviceMapperTables
import StorageUnits
import Testing
import VolumeLaws

/// `<name>,<uuid>,<minor>,<flags>,<table>[,<table>...][;...]`.
@Suite struct ConciseTests {
    private func refusal(of text: String) -> String? {
        do throws(TableError) {
            _ = try DeviceDefinition.list(parsingConcise: text)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("the examples of dmsetup's and the kernel's manuals read, and print in one form")
    func examples() throws {
        // dmsetup(8)
        let manual = try DeviceDefinition.list(
            parsingConcise: "test-linear-small,,,rw,0 2097152 linear /dev/loop0 0, 2097152 2097152 linear /dev/loop1 0")
        #expect(manual.map(\.name.description) == ["test-linear-small"])
        #expect(manual[0].uuid == nil && manual[0].minor == nil && manual[0].access == .readWrite)
        #expect(
            DeviceDefinition.concise(manual)
                == "test-linear-small,,,rw,0 2097152 linear /dev/loop0 0,2097152 2097152 linear /dev/loop1 0")
        // Documentation/admin-guide/device-mapper/dm-init.rst
        let root = try DeviceDefinition.list(parsingConcise: "lroot,,,rw, 0 4096 linear 98:16 0, 4096 4096 linear 98:32 0")
        #expect(DeviceDefinition.concise(root) == "lroot,,,rw,0 4096 linear 98:16 0,4096 4096 linear 98:32 0")
        let several = try DeviceDefinition.list(
            parsingConcise: """
                dm-linear,,1,rw,
                    0 32768 linear 8:1 0,
                    32768 1024000 linear 8:2 0;
                dm-zero,,3,ro,
                    0 1638400 zero
                """)
        #expect(several.map(\.name.description) == ["dm-linear", "dm-zero"])
        #expect(several.map(\.minor) == [1, 3])
        #expect(several.map(\.access) == [.readWrite, .readOnly])
        #expect(several.map(\.table.lines.count) == [2, 1])
        #expect(
            DeviceDefinition.concise(several)
                == "dm-linear,,1,rw,0 32768 linear 8:1 0,32768 1024000 linear 8:2 0;dm-zero,,3,ro,0 1638400 zero")
    }

    @Test("a backslash makes a separator part of a field, and a table has backslashes of its own")
    func quoting() throws {
        let devices = try DeviceDefinition.list(parsingConcise: #"a\,b\;c\\d,u\,1,5,ro,0 8 linear /dev/a\\ b 0,8 8 linear x\,y\;z\\\\w 0"#)
        let device = try #require(devices.first)
        #expect(devices.count == 1)
        #expect(device.name.description == #"a,b;c\d"#)
        #expect(device.uuid?.description == "u,1")
        #expect(device.minor == 5)
        #expect(device.table.lines.map { $0.target.devices } == [["/dev/a b"], [#"x,y;z\w"#]])
        #expect(
            DeviceDefinition.concise(devices) == #"a\,b\;c\\d,u\,1,5,ro,0 8 linear /dev/a\\ b 0,8 8 linear x\,y\;z\\\\w 0"#)
    }

    @Test("names that begin with a blank, paths with an end of a line, and letters come back")
    func oddNames() throws {
        let table = try MappingTable(length: 8, LinearTarget(device: .path("/dev/à\nb")))
        let device = DeviceDefinition(
            name: try DeviceName(" blank"), uuid: try DeviceUUID("\tx"), minor: DeviceDefinition.largestMinor, table: table)
        let again = try DeviceDefinition.withConciseText(of: [device, device], keys: .shown) { (text) throws(TableError) in
            try DeviceDefinition.list(parsingConciseUTF8: text)
        }
        #expect(again == [device, device])
        #expect(DeviceDefinition.concise([device]).contains("à"))
    }

    @Test("a list may end with a separator and white space")
    func ends() throws {
        #expect(try DeviceDefinition.list(parsingConcise: "a,,,,0 8 zero;\n ").count == 1)
        #expect(try DeviceDefinition.list(parsingConcise: " a,,,,0 8 zero\n").map(\.name.description) == ["a"])
    }

    @Test("keys are shown only where they are asked for")
    func keys() throws {
        let key = String(repeating: "ab", count: 32)
        let devices = try DeviceDefinition.list(parsingConcise: "a,,,,0 8 crypt aes-xts-plain64 \(key) 0 8:0 0")
        #expect(DeviceDefinition.concise(devices) == "a,,,rw,0 8 crypt aes-xts-plain64 <redacted> 0 8:0 0")
        #expect(DeviceDefinition.concise(devices, keys: .shown) == "a,,,rw,0 8 crypt aes-xts-plain64 \(key) 0 8:0 0")
    }

    @Test(
        "a wrong list is refused with its device, and its field or the line and word of its table",
        arguments: [
            ("", "there is no device"),
            (" \n", "there is no device"),
            ("a", "device 1: expected 5 fields with commas between them, and the name is the last one"),
            ("a,u,1,rw", "device 1: expected 5 fields with commas between them, and the flags is the last one"),
            ("a,,,,0 8 zero;b", "device 2: expected 5 fields with commas between them, and the name is the last one"),
            ("a,,,,0 8 zero;;", "device 2: expected 5 fields with commas between them, and the name is the last one"),
            (",,,,0 8 zero", "device 1: a name has 1 to 127 bytes, this one has 0"),
            ("a/b,,,,0 8 zero", "device 1: a name has no '/' and no NUL character"),
            ("a,,x,,0 8 zero", "device 1: minor: expected 0 to 1048575 or nothing, found 'x'"),
            ("a,,1048576,,0 8 zero", "device 1: minor: expected 0 to 1048575 or nothing, found '1048576'"),
            ("a,,-1,,0 8 zero", "device 1: minor: expected 0 to 1048575 or nothing, found '-1'"),
            ("a,,,RO,0 8 zero", "device 1: flags: expected ro, rw or nothing, found 'RO'"),
            ("a,,,,", "device 1: the table has no lines"),
            ("a,,,,0 8 zero,8 8 linear x", "device 1, line 2, word 5: start sector: the line ends here"),
            ("a,,,,0 8 zero;b,,,,0 8 zero x", "device 2, line 1, word 4: unexpected 'x' after the arguments of zero"),
            (#"a\"#, "device 1: name: a backslash at the end of the text"),
            (#"a,,,,0 8 zero\"#, "device 1: table: a backslash at the end of the text"),
        ])
    func errors(_ text: String, _ expected: String) { #expect(refusal(of: text) == expected) }

    @Test("text that is not UTF-8 is refused")
    func notUTF8() {
        let text: [UInt8] = Array("a,".utf8) + [0xFF] + Array(",,,0 8 zero".utf8)
        let error = #expect(throws: TableError.self) { _ = try DeviceDefinition.list(parsingConciseUTF8: text.span) }
        #expect(error?.description == "device 1: uuid: not UTF-8")
    }

    @Test("every beginning and every wrong byte of a list is refused, or reads as a list that prints as itself")
    func corruption() throws {
        let text = Array(#"a\,b,u,5,ro,0 8 linear /dev/a\\ b 0,8 8 zero;c,,,,0 8 striped 1 8 8:0 0"#.utf8)
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var texts = text.indices.map { Array(text[..<$0]) }
        for _ in 0..<scaled(5_000) {
            var changed = text
            changed[Int.random(in: text.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            texts.append(changed)
        }
        var accepted = 0
        for text in texts {
            guard let devices = try? DeviceDefinition.list(parsingConciseUTF8: text.span) else { continue }
            accepted += 1
            let again = try DeviceDefinition.withConciseText(of: devices, keys: .shown) { (text) throws(TableError) in
                try DeviceDefinition.list(parsingConciseUTF8: text)
            }
            #expect(again == devices, "seed \(seed): \(String(decoding: text, as: UTF8.self))")
        }
        #expect(accepted > 0)
    }
}
