import BlockIO
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

@Suite struct BlockIOErrorTests {
    @Test func `An error about a range names its first and its last byte`() {
        #expect(BlockIOError(.inputOutput, offset: 512, count: 1024, message: "it broke").description == "it broke (bytes 512 to 1535)")
        #expect(BlockIOError(.inputOutput, offset: 0, count: 1, message: "it broke").description == "it broke (bytes 0 to 0)")
        #expect(
            BlockIOError(.inputOutput, offset: .max, count: 1, message: "it broke").description
                == "it broke (bytes 18446744073709551615 to 18446744073709551615)")
    }

    @Test func `An error about no range is its message`() {
        #expect(BlockIOError(.notFound, errno: .noSuchFileOrDirectory, message: "there is none").description == "there is none")
    }

    @Test func `A range is moved without touching the rest`() {
        let error = BlockIOError(.noSpace, offset: 5, count: 6, errno: .noSpace, message: "full")
        #expect(error.moved(to: 100, count: 7) == BlockIOError(.noSpace, offset: 100, count: 7, errno: .noSpace, message: "full"))
    }

    @Test func `A range is extended to an end behind its start, and never turned round`() {
        let error = BlockIOError(.noSpace, offset: 5, count: 6, message: "full")
        #expect(error.extended(to: 100) == BlockIOError(.noSpace, offset: 5, count: 95, message: "full"))
        #expect(error.extended(to: 7).count == 2)
        #expect(error.extended(to: 5) == error)
        #expect(error.extended(to: 0) == error)
    }

    @Test func `Codes print their names`() {
        let codes: [BlockIOError.Code] = [
            .inputOutput, .outOfRange, .unaligned, .readOnly, .unsupported, .noSpace, .noMemory, .endOfFile, .closed, .suspended, .notFound,
            .permissionDenied, .wrongFileType, .inUse,
        ]
        #expect(
            codes.map(\.description) == [
                "inputOutput", "outOfRange", "unaligned", "readOnly", "unsupported", "noSpace", "noMemory", "endOfFile", "closed",
                "suspended", "notFound", "permissionDenied", "wrongFileType", "inUse",
            ])
        #expect(Set(codes).count == codes.count)
    }

    @Test func `Tags that a device does not keep are refused by name`() {
        let device = MemoryDevice(size: ByteCount(4096))
        let error = failure { () throws(BlockIOError) in
            try AlignedBuffer(count: 512).withMutableBytes { (block) throws(BlockIOError) in
                try AlignedBuffer(count: 4).withMutableBytes { (tag) throws(BlockIOError) in
                    try device.read(at: 1024, into: &block, tags: &tag)
                }
            }
        }
        #expect(error == BlockIOError(.unsupported, offset: 1024, count: 512, message: "the device keeps no tags"))
    }
}
