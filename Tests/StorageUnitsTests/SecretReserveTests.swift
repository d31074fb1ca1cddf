import BlockIO
import StorageUnits
import Synchronization
import Testing
import VolumeLaws

@Suite struct SecretReserveTests {
    private static func address(of buffer: borrowing SecretBuffer) -> UInt {
        buffer.withBytes { bytes in unsafe bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
    }

    /// Where the memory of a buffer with `count` bytes lies, which are all set and then given up.
    private static func addressOfFilled(_ count: Int, from reserve: SecretReserve) -> UInt {
        var buffer = SecretBuffer(capacity: count, from: reserve)
        buffer.resize(to: count)
        for index in 0..<count { buffer[index] = 0xFF }
        return address(of: buffer)
    }

    @Test("the next buffer lies where the one before it was, and is zero", arguments: [1, 312, 4096, 1 << 14, 1 << 16])
    func memoryIsKept(_ count: Int) {
        let reserve = SecretReserve()
        let place = Self.addressOfFilled(count, from: reserve)
        var next = SecretBuffer(capacity: count, from: reserve)
        // The room behind what is in use is not wiped now, but was when the memory came back.
        next.append(upTo: count) { room in
            #expect(unsafe room.bytes.withUnsafeBytes { unsafe $0.allSatisfy { $0 == 0 } })
            return count
        }
        let nextPlace = Self.address(of: next)
        #expect(nextPlace == place)
    }

    @Test("two buffers at a time have memory of their own, and both are kept")
    func two() {
        let reserve = SecretReserve()
        var places: Set<UInt> = []
        for _ in 0..<10 {
            var first = SecretBuffer(from: reserve)
            first.append("first")
            var second = SecretBuffer(from: reserve)
            second.append("other")
            let (one, other) = (Self.address(of: first), Self.address(of: second))
            #expect(one != other)
            let letters = [first[0], second[0]]
            #expect(letters == Array("fo".utf8))
            places.formUnion([one, other])
        }
        #expect(places.count == 2)
    }

    @Test("a buffer that grows keeps its bytes, and a small place is not lent for a large one")
    func growing() {
        let reserve = SecretReserve()
        let place = Self.addressOfFilled(10, from: reserve)
        var large = SecretBuffer(capacity: 50_000, from: reserve)
        for index in 0..<100_000 { large.append(UInt8(truncatingIfNeeded: index)) }
        let largePlace = Self.address(of: large)
        #expect(largePlace != place)
        let isWhole = large.withBytes { bytes in bytes.indices.allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: $0) } }
        #expect(isWhole)
    }

    @Test("threads that take and give at the same time never share memory")
    func threads() {
        let reserve = SecretReserve()
        let strange = Atomic(0)
        Workers(count: 4).perform(4) { thread in
            for turn in 0..<scaled(20_000) {
                var buffer = SecretBuffer(from: reserve)
                let own = UInt8(truncatingIfNeeded: thread &* 64 &+ turn % 64)
                for _ in 0..<64 { buffer.append(own) }
                let isOwn = buffer.withBytes { bytes in bytes.indices.allSatisfy { bytes[$0] == own } }
                if !isOwn { strange.add(1, ordering: .relaxed) }
            }
        }
        #expect(strange.load(ordering: .relaxed) == 0)
    }

    #if os(Linux)  // where a process can read its own memory as a file
    @Test("nothing is left of a buffer whose memory is kept, nor of a larger one, whose memory is not")
    func wiped() async {
        await #expect(processExitsWith: .success) {
            let recipe = RecognisableSecret(count: 64)
            let reserve = SecretReserve()
            for capacity in [64, 1 << 17] {
                var buffer = SecretBuffer(capacity: capacity, from: reserve)
                for index in 0..<64 { buffer.append(recipe.byte(at: index)) }
                let living = try MemoryScan.places(of: recipe)
                #expect(living.count == 4)
                let place = SecretReserveTests.address(of: buffer)
                _ = consume buffer
                let dead = try MemoryScan.places(of: recipe)
                #expect(dead == [])
                // What is kept stays out of core dumps. Where the other was, the search has had memory of its own since.
                let flags = try MemoryScan.flags(ofMappingAt: UInt64(place))
                if capacity == 64 { #expect(flags?.contains("dd") == true) }
            }
            // The reserve lives until here.
            let count = SecretBuffer(from: reserve).count
            #expect(count == 0)
        }
    }
    #endif
}
