import DeviceMapper
import VolumeLaws

extension Volume {
    /// Writes `bytes` at `offset` in pieces that begin and end anywhere, in any order.
    func write(_ bytes: [UInt8], at offset: UInt64 = 0, inPiecesFrom random: inout SeededGenerator) throws(BlockIOError) {
        for piece in Self.pieces(of: bytes.count, &random) {
            try write(Array(bytes[piece]), at: offset + UInt64(piece.lowerBound))
        }
    }

    /// Reads `count` bytes at `offset` in pieces that begin and end anywhere, in any order.
    func read(at offset: UInt64 = 0, count: Int, inPiecesFrom random: inout SeededGenerator) throws(BlockIOError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xee, count: count)
        for piece in Self.pieces(of: count, &random) {
            bytes.replaceSubrange(piece, with: try read(at: offset + UInt64(piece.lowerBound), count: piece.count))
        }
        return bytes
    }

    /// Sometimes one piece, sometimes dozens; half of the cuts between sectors.
    private static func pieces(of count: Int, _ random: inout SeededGenerator) -> [Range<Int>] {
        var cuts: Set<Int> = [0, count]
        for _ in 0..<Int.random(in: 0...24, using: &random) {
            let cut = Int.random(in: 0...count, using: &random)
            cuts.insert(Bool.random(using: &random) ? cut : cut / 512 * 512)
        }
        let places = cuts.sorted()
        return zip(places, places.dropFirst()).map { $0..<$1 }.shuffled(using: &random)
    }
}
