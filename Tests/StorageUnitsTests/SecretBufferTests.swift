import StorageUnits
import Testing
import VolumeLaws

@Suite struct SecretBufferTests {
    private func contents(_ buffer: borrowing SecretBuffer) -> [UInt8] { buffer.withBytes { bytes in bytes.indices.map { bytes[$0] } } }

    private func append(_ bytes: [UInt8], to buffer: inout SecretBuffer) { unsafe buffer.append(bytes.span.bytes) }

    @Test("bytes, text and spans are added at the end")
    func appends() {
        var buffer = SecretBuffer()
        #expect(buffer.count == 0)
        #expect(contents(buffer) == [])
        buffer.append(UInt8(ascii: "a"))
        buffer.append("bç")
        let more: [UInt8] = [1, 2, 3]
        append(more, to: &buffer)
        append([], to: &buffer)
        #expect(contents(buffer) == [0x61, 0x62, 0xC3, 0xA7, 1, 2, 3])
        #expect(buffer.count == 7)
        #expect(buffer[2] == 0xC3)
        let (count, last) = (buffer.bytes.count, buffer.bytes[6])
        #expect(count == 7)
        #expect(last == 3)
    }

    @Test("growing keeps the bytes", arguments: [0, 1, 4095, 4096, 4097, 100_000])
    func growsByteByByte(_ count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let expected = random.bytes(count)
        var buffer = SecretBuffer()
        for byte in expected { buffer.append(byte) }
        #expect(contents(buffer) == expected)
    }

    @Test("pieces of any size are added whole, across every growth")
    func growsByPieces() {
        var random = SeededGenerator(seed: 17)
        var expected: [UInt8] = []
        var buffer = SecretBuffer(capacity: 10)
        for size in [0, 1, 4000, 95, 1, 4096, 5000, 1, 100_000, 3] {
            let piece = random.bytes(size)
            append(piece, to: &buffer)
            expected += piece
            #expect(buffer.count == expected.count)
        }
        #expect(contents(buffer) == expected)
    }

    @Test("a filler adds as many bytes as it says, and may add none")
    func fills() {
        var buffer = SecretBuffer()
        buffer.append("x")
        for count in [3, 0, 5000] {
            buffer.append(upTo: 5000) { room in
                #expect(room.byteCount == 5000)
                for index in 0..<count { room.storeBytes(of: 7, toByteOffset: index, as: UInt8.self) }
                return count
            }
        }
        #expect(contents(buffer) == Array("x".utf8) + Array(repeating: 7, count: 5003))
    }

    @Test("a filler that throws adds nothing")
    func throwingFiller() {
        struct Refusal: Error {}
        var buffer = SecretBuffer()
        buffer.append("x")
        #expect(throws: Refusal.self) {
            try buffer.append(upTo: 10) { (room) throws(Refusal) in
                room.storeBytes(of: 7, toByteOffset: 0, as: UInt8.self)
                throw Refusal()
            }
        }
        #expect(contents(buffer) == Array("x".utf8))
    }

    @Test("a filler that claims more than there is room is stopped")
    func lyingFiller() async {
        await #expect(processExitsWith: .failure) {
            var buffer = SecretBuffer()
            buffer.append(upTo: 10) { _ in 11 }
        }
    }

    @Test("an index outside is stopped, also where there is memory")
    func outside() async {
        await #expect(processExitsWith: .failure) {
            var buffer = SecretBuffer(capacity: 100)
            buffer.append("x")
            _ = buffer[1]
        }
    }

    @Test("forgetting wipes the bytes and keeps the buffer in use")
    func removesAll() {
        var buffer = SecretBuffer()
        buffer.append("secret")
        buffer.removeAll()
        #expect(buffer.count == 0)
        // The room that a filler is lent lies where the secret was.
        buffer.append(upTo: 6) { room in
            for index in 0..<6 {
                let byte = unsafe room.bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                #expect(byte == 0)
            }
            return 6
        }
        #expect(contents(buffer) == Array(repeating: 0, count: 6))
        buffer.removeAll()
        buffer.removeAll()
        buffer.append("new")
        #expect(contents(buffer) == Array("new".utf8))
    }
}
