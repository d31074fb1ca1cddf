import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct ZeroTargetTests {
    @Test("a zero line has no arguments and no devices")
    func reads() throws {
        #expect(try onlyTarget("0 8 zero", as: ZeroTarget.self) == ZeroTarget())
        #expect(ZeroTarget().devices == [])
        #expect(try MappingTable(length: 8, ZeroTarget()).description == "0 8 zero\n")
        #expect(refusal(of: "0 8 zero 0") == "line 1, word 4: unexpected '0' after the arguments of zero")
    }
}
