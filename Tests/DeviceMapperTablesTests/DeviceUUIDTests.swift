import DeviceMapperTables
import Testing

@Suite struct DeviceUUIDTests {
    @Test(
        "any text of 1 to 128 bytes is one",
        arguments: ["a", "CRYPT-LUKS2-0123-root", "a/b c", "control", String(repeating: "x", count: 128)])
    func uuids(_ uuid: String) throws {
        #expect(try DeviceUUID(uuid).description == uuid)
    }

    @Test(
        "what the kernel has no room for is refused",
        arguments: ["", "a\0b", String(repeating: "x", count: 129), String(repeating: "é", count: 65)])
    func refused(_ uuid: String) {
        let error = #expect(throws: MappingError.self) { _ = try DeviceUUID(uuid) }
        #expect(error?.description == "\(uuid): a uuid has 1 to 128 bytes and no NUL character")
        #expect(error?.code == .invalidName)
    }
}
