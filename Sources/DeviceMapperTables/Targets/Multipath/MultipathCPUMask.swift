extension MultipathTarget {
    /// Some CPUs of a machine.
    public struct CPUMask: Hashable, Sendable, CustomStringConvertible {
        /// The CPUs of which a mask can tell: kernels have 8192 at most.
        public static let range: ClosedRange<UInt32> = 0...8191
        private var chunks: [UInt32] = []  // 32 CPUs each, the lowest first; the last is not 0

        /// No CPU.
        public init() {}

        /// These CPUs, from 0; `nil` if one is above 8191.
        public init?(_ cpus: some Sequence<UInt32>) {
            for cpu in cpus {
                guard Self.range.contains(cpu) else { return nil }
                let chunk = Int(cpu / 32)
                while chunks.count <= chunk { chunks.append(0) }
                chunks[chunk] |= 1 << (cpu % 32)
            }
        }

        /// Reads hexadecimal digits, up to 8 between commas; `nil` if it is something else, or has a CPU above 8191.
        public init?(parsing text: some StringProtocol) {
            for digits in text.split(separator: ",", omittingEmptySubsequences: false).reversed() {
                guard (1...8).contains(digits.utf8.count), digits.utf8.allSatisfy({ hexDigit($0) != nil }),
                    let chunk = UInt32(digits, radix: 16), chunks.count < 256
                else { return nil }
                chunks.append(chunk)
            }
            while chunks.last == 0 { chunks.removeLast() }
        }

        /// The CPUs in ascending order.
        public var cpus: [UInt32] {
            chunks.enumerated().flatMap { index, chunk in
                (0..<32 as Range<UInt32>).filter { chunk >> $0 & 1 == 1 }.map { UInt32(index) * 32 + $0 }
            }
        }

        /// The hexadecimal digits, without zeros before them.
        public var description: String {
            guard let first = chunks.last else { return "0" }
            return
                ([String(first, radix: 16)]
                + chunks.dropLast().reversed().map { chunk in
                    let digits = String(chunk, radix: 16)
                    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
                }).joined(separator: ",")
        }

        /// Whether `other` has all of these CPUs.
        public func isSubset(of other: CPUMask) -> Bool {
            chunks.indices.allSatisfy { chunks[$0] & ~($0 < other.chunks.count ? other.chunks[$0] : 0) == 0 }
        }

        /// Adds the CPUs of `other`.
        public mutating func formUnion(_ other: CPUMask) {
            while chunks.count < other.chunks.count { chunks.append(0) }
            for index in other.chunks.indices { chunks[index] |= other.chunks[index] }
        }
    }
}
