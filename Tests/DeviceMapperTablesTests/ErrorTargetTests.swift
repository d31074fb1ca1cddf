import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct ErrorTargetTests {
    @Test("an error line has no arguments, or a device to resemble")
    func reads() throws {
        #expect(try onlyTarget("0 8 error", as: ErrorTarget.self) == ErrorTarget())
        #expect(try onlyTarget("0 8 error", as: ErrorTarget.self).devices == [])
        let target = try onlyTarget("0 8 error /dev/sda 16", as: ErrorTarget.self)
        #expect(target == ErrorTarget(model: .init(device: "/dev/sda", start: 16)))
        #expect(target.devices == ["/dev/sda"])
        #expect(try MappingTable(length: 8, target).description == "0 8 error /dev/sda 16\n")
        #expect(try MappingTable(length: 8, ErrorTarget()).description == "0 8 error\n")
    }

    @Test(
        "a wrong error line is refused with its line and word",
        arguments: [
            ("a", "word 5: start sector: the line ends here"), ("a x", "word 5: start sector: 'x' is not a number"),
            ("a 0 0", "word 6: unexpected '0' after the arguments of error"),
        ])
    func errors(_ arguments: String, _ expected: String) {
        #expect(refusal(of: "0 8 error \(arguments)") == "line 1, \(expected)")
    }
}
