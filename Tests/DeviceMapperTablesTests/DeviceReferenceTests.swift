import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct DeviceReferenceTests {
    @Test("major:minor is a number, anything else a path")
    func reads() {
        #expect(DeviceReference(parsing: "8:16") == .number(DeviceNumber(major: 8, minor: 16)))
        for path in ["/dev/sda", "disk.img", "8:", ":", "8:16:0", "./8:16", "4096:0", "-1:0"] {
            #expect(DeviceReference(parsing: path) == .path(path))
            #expect(DeviceReference(parsing: path).description == path)
        }
    }

    @Test("a file whose name is a device number is printed as a path")
    func fileLikeANumber() {
        #expect(DeviceReference.path("7:0").description == "./7:0")
        #expect(DeviceReference(parsing: DeviceReference.path("7:0").description) == .path("./7:0"))
    }

    @Test("a literal is read like a word of a table")
    func literal() {
        #expect(("8:16" as DeviceReference) == .number(DeviceNumber(major: 8, minor: 16)))
        #expect(("sda" as DeviceReference) == .path("sda"))
    }
}
