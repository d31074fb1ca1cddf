/// Random numbers that a seed repeats: SplitMix64.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that begins at `seed`.
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// Random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: count) { room, used in
            let bytes = UnsafeMutableRawBufferPointer(room)
            var index = 0
            while index + 8 <= count {
                unsafe bytes.storeBytes(of: next().littleEndian, toByteOffset: index, as: UInt64.self)
                index += 8
            }
            if index < count {
                let rest = next()
                for place in index..<count { unsafe bytes[place] = UInt8(truncatingIfNeeded: rest >> (8 * UInt64(place - index))) }
            }
            used = count
        }
    }
}
