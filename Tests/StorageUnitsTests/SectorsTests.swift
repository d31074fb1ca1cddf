import StorageUnits
import Testing

@Suite struct SectorsTests {
    @Test("a sector is 512 bytes")
    func bytes() {
        #expect(Sectors.bytesPerSector == 512)
        #expect(Sectors(3).bytes == ByteCount(1536))
        #expect(Sectors.zero.bytes == .zero)
    }

    @Test("the size in bytes is nil from 2^55 sectors on, where it no longer fits 64 bits")
    func overflow() {
        #expect(Sectors((1 << 55) - 1).bytes == ByteCount(UInt64.max - 511))
        #expect(Sectors(1 << 55).bytes == nil)
        #expect(Sectors(UInt64.max).bytes == nil)
    }

    @Test("the largest device has 2^54 - 1 sectors, so that its size in bytes fits the kernel's signed 64 bits")
    func largest() throws {
        #expect(Sectors.max.count == 18_014_398_509_481_983)
        let bytes = try #require(Sectors.max.bytes)
        #expect(bytes.count <= UInt64(Int64.max))
        #expect(bytes.count + 512 > UInt64(Int64.max))
    }

    @Test("bytes make sectors exactly, or only the whole ones count")
    func fromBytes() {
        #expect(Sectors(exactly: ByteCount(1024)) == 2)
        #expect(Sectors(exactly: ByteCount(1023)) == nil)
        #expect(Sectors(exactly: .zero) == .zero)
        #expect(Sectors(wholeSectorsIn: ByteCount(1023)) == 1)
        #expect(Sectors(wholeSectorsIn: ByteCount(511)) == .zero)
    }

    @Test("a sum that does not fit 64 bits is nil")
    func adding() {
        #expect(Sectors(1).adding(2) == 3)
        #expect(Sectors(UInt64.max).adding(0) == Sectors(UInt64.max))
        #expect(Sectors(UInt64.max).adding(1) == nil)
    }

    @Test("every count is a multiple of no sectors and of one")
    func multiples() {
        #expect(Sectors(7).isMultiple(of: 0))
        #expect(Sectors(7).isMultiple(of: 1))
        #expect(!Sectors(7).isMultiple(of: 2))
        #expect(Sectors(8).isMultiple(of: 2))
        #expect(Sectors.zero.isMultiple(of: 8))
    }

    @Test("sectors are ordered, and print as the bare number")
    func orderAndText() {
        #expect(Sectors(1) < 2)
        #expect(!(Sectors(2) < 2))
        #expect("\(Sectors(2048))" == "2048")
    }
}
