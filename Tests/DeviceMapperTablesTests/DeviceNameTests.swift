import DeviceMapperTables
import Testing

@Suite struct DeviceNameTests {
    @Test(
        "what the kernel takes for a name is one", arguments: ["a", "my disk", "...", "controls", "é", String(repeating: "x", count: 127)])
    func names(_ name: String) throws {
        #expect(try DeviceName(name).description == name)
    }

    @Test(
        "what the kernel does not take is refused",
        arguments: [
            ("", ": a name has 1 to 127 bytes, this one has 0"),
            (String(repeating: "é", count: 64), String(repeating: "é", count: 64) + ": a name has 1 to 127 bytes, this one has 128"),
            ("a/b", "a/b: a name has no '/' and no NUL character"),
            ("a\0b", "a\0b: a name has no '/' and no NUL character"),
            ("control", "control: 'control' is no name for a device"),
            (".", ".: '.' is no name for a device"),
            ("..", "..: '..' is no name for a device"),
        ])
    func refused(_ name: String, _ expected: String) {
        let error = #expect(throws: MappingError.self) { _ = try DeviceName(name) }
        #expect(error?.description == expected)
        #expect(error?.code == .invalidName)
        #expect(error?.device == name)
    }

    @Test("names are equal when their text is")
    func equality() throws {
        #expect(try DeviceName("a") == DeviceName("a"))
        #expect(try DeviceName("a") != DeviceName("b"))
    }
}
