import StorageUnits
import Testing

@Suite struct SectorRangeTests {
    @Test("a range whose end does not fit 64 bits does not exist")
    func overflow() throws {
        #expect(SectorRange(start: 1, length: Sectors(UInt64.max)) == nil)
        #expect(try #require(SectorRange(start: 0, length: Sectors(UInt64.max))).end == Sectors(UInt64.max))
    }

    @Test("a range contains its first sector and not its end")
    func contains() throws {
        let range = try #require(SectorRange(start: 8, length: 4))
        #expect(range.end == 12)
        #expect(!range.contains(7))
        #expect(range.contains(8))
        #expect(range.contains(11))
        #expect(!range.contains(12))
    }

    @Test("an empty range contains nothing")
    func empty() throws {
        let range = try #require(SectorRange(start: 8, length: 0))
        #expect(range.end == 8)
        #expect(!range.contains(8))
    }

    @Test("a range prints as the kernel's statistics have it")
    func text() throws {
        #expect("\(try #require(SectorRange(start: 8, length: 4)))" == "8+4")
    }
}
