import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// A table means the same bytes to the kernel and to a volume.
    struct SameBytesTests {
        @Test("What the kernel writes a volume reads, and the other way round", arguments: 0..<scaled(200))
        func bothDirections(_ seed: Int) throws {
            try KernelCiphers.load()
            var random = SeededGenerator(seed: UInt64(seed))
            let directory = try GuestDirectory()
            let stack = try RandomStack(&random)
            let before = stack.memberSizes.map { contents($0 * 512, &random) }
            let kernels = try before.enumerated().map { try directory.file("kernel\($0)", $1) }
            let ours = try before.enumerated().map { try directory.file("ours\($0)", $1) }
            let table = try stack.table(kernels)
            let count = Int(table.length.count) * 512
            let comment = Comment(rawValue: "seed \(seed):\n\(table)")

            // The kernel writes. The page cache takes any request; past it go those that keep to sectors.
            var expected = stack.stored(contents(count, &random))
            try KernelDevices.withLoops(kernels) { loops in
                try KernelDevices.withMapping(try stack.table(loops.map(\.path))) { path in
                    let numbered = try stack.table(loops.map(\.number.description))
                    let printed = try KernelDevices.table()
                    #expect(printed == numbered, comment)
                    let isDirect = Bool.random(using: &random)
                    let device = try RawFile(path, isDirect ? O_RDWR | RawFile.direct : O_RDWR)
                    for piece in pieces(of: count, multipleOf: isDirect ? stack.unit * 512 : 1, &random) {
                        try device.write(Array(expected[piece]), at: piece.lowerBound)
                    }
                    try device.synchronize()
                }
            }
            let volume = try Volume(table)
            #expect(difference(try volume.read(at: 0, count: count), expected) == nil, comment)
            try compareMembers(after: expected, stack, kernels, ours, comment, &random)

            // The volume writes here and there, then the kernel reads.
            for _ in 0..<12 {
                let patch = piece(of: count, &random)
                let bytes = contents(patch.count, &random)
                try volume.write(bytes, at: UInt64(patch.lowerBound))
                expected.replaceSubrange(patch, with: bytes)
            }
            expected = stack.stored(expected)
            try volume.close()
            let found = try KernelDevices.withLoops(kernels) { loops in
                try KernelDevices.withMapping(try stack.table(loops.map(\.path))) { path in
                    let isDirect = Bool.random(using: &random)
                    let device = try RawFile(path, isDirect ? O_RDONLY | RawFile.direct : O_RDONLY)
                    var found = [UInt8](repeating: 0xee, count: count)
                    for piece in pieces(of: count, multipleOf: isDirect ? stack.unit * 512 : 1, &random) {
                        found.replaceSubrange(piece, with: try device.read(at: piece.lowerBound, count: piece.count))
                    }
                    return found
                }
            }
            #expect(difference(found, expected) == nil, comment)
        }

        /// A volume that writes the same bytes leaves the same members, in their unused sectors too.
        private func compareMembers(
            after bytes: [UInt8], _ stack: RandomStack, _ kernels: [String], _ ours: [String], _ comment: Comment,
            _ random: inout SeededGenerator
        ) throws {
            let volume = try Volume(stack.table(ours))
            for piece in pieces(of: bytes.count, multipleOf: 1, &random) {
                try volume.write(Array(bytes[piece]), at: UInt64(piece.lowerBound))
            }
            try volume.close()
            for (index, (kernel, our)) in zip(kernels, ours).enumerated() {
                #expect(
                    difference(try RawFile.bytes(our), try RawFile.bytes(kernel)) == nil,
                    "member \(index), the volume's instead of the kernel's; \(comment)")
            }
        }

        /// All in one table, a line of 16 sectors for each; the sizes of keys take turns.
        @Test func everyCipherIsTheKernels() throws {
            try KernelCiphers.load()
            var random = SeededGenerator(seed: 3)
            var lines: [MappingTable.Line] = []
            func add(_ cipher: RandomCipher, sectorSize: UInt64, hasLargeVectors: Bool) throws {
                let start = Sectors(UInt64(lines.count * 16))
                var options = CryptTarget.Options()
                options.sectorSize = ByteCount(sectorSize)
                options.ivLargeSectors = hasLargeVectors
                let target = CryptTarget(
                    cipher: cipher.cipher, key: .bytes(SecretBytes(copying: unsafe random.bytes(cipher.keySize).span.bytes)),
                    // The number passes 2^32 in the middle of the line.
                    ivOffset: Sectors((1 << 32) - 8), device: "member", start: start, options: options)
                lines.append(.init(try #require(SectorRange(start: start, length: 16)), target))
            }
            for kind in RandomCipher.kinds {
                for mode in RandomCipher.modes(of: kind) {
                    for vector in RandomCipher.vectors(of: kind, mode: mode) {
                        for sectorSize in [512, 1024, 2048, 4096] as [UInt64] {
                            let count = lines.count
                            let cipher = RandomCipher(
                                kind, mode: mode, iv: vector, keyCount: [1, 1, 4][count % 3],
                                keySize: kind.keySizes[count % kind.keySizes.count],
                                isForCryptoAPI: count % 5 == 0)
                            try add(cipher, sectorSize: sectorSize, hasLargeVectors: false)
                            if kind.name == "aes" { try add(cipher, sectorSize: sectorSize, hasLargeVectors: true) }
                        }
                    }
                }
            }
            let null = try MappingTable(parsing: "0 16 crypt cipher_null-ecb - 0 member \(lines.count * 16)")
            lines.append(
                .init(try #require(SectorRange(start: Sectors(UInt64(lines.count * 16)), length: 16)), null.lines[0].target))
            let table = try MappingTable(lines)
            func over(_ device: String) throws -> MappingTable { try table.mappingDevices { _ in .path(device) } }
            let count = lines.count * 16 * 512
            let directory = try GuestDirectory()
            let kernel = try directory.file("kernel", [UInt8](repeating: 0, count: count))
            let our = try directory.file("ours", [UInt8](repeating: 0, count: count))
            let plaintext = contents(count, &random)
            try KernelDevices.withLoops([kernel]) { loops in
                try KernelDevices.withMapping(try over(loops[0].path)) { path in
                    let device = try RawFile(path, O_RDWR)
                    try device.write(plaintext)
                    try device.synchronize()
                }
            }
            let volume = try Volume(over(our))
            try volume.write(plaintext, at: 0)
            try volume.close()
            let (theirs, ours) = (try RawFile.bytes(kernel), try RawFile.bytes(our))
            for line in table.lines {
                let range = Int(line.range.start.count) * 512..<Int(line.range.end.count) * 512
                #expect(difference(Array(ours[range]), Array(theirs[range])) == nil, "\(line.target)")
            }
            let reader = try Volume(over(kernel), opening: .files(.readOnly))
            #expect(difference(try reader.read(at: 0, count: count), plaintext) == nil)
        }

        @Test func theSameSectorsFail() throws {
            let directory = try GuestDirectory()
            let file = try directory.file("loop", [UInt8](repeating: 7, count: 65536))
            func table(_ device: String) throws -> MappingTable {
                try MappingTable(parsing: "0 5 linear \(device) 0\n5 3 error\n8 4 zero\n12 4 error\n16 8 linear \(device) 64")
            }
            var fails: [Bool] = []
            try KernelDevices.withLoops([file]) { loops in
                try KernelDevices.withMapping(try table(loops[0].path)) { path in
                    // Past the page cache, which would ask for more than a sector.
                    let device = try RawFile(path, O_RDWR | RawFile.direct)
                    for sector in 0..<24 {
                        let bytes = try? device.read(at: sector * 512, count: 512)
                        let written: Void? = try? device.write([UInt8](repeating: 9, count: 512), at: sector * 512)
                        #expect((bytes == nil) == (written == nil), "sector \(sector)")
                        fails.append(bytes == nil)
                    }
                }
            }
            #expect(fails.contains(true) && fails.contains(false))
            let volume = try Volume(table(file))
            for (sector, fails) in fails.enumerated() {
                #expect(((try? volume.read(at: UInt64(sector * 512), count: 512)) == nil) == fails, "sector \(sector)")
                #expect(((try? volume.write([1], at: UInt64(sector * 512))) == nil) == fails, "sector \(sector)")
            }
        }

        /// Discards are told to the members, where they leave holes.
        @Test func aDiscardLeavesTheSameMembers() throws {
            var random = SeededGenerator(seed: 1)
            let directory = try GuestDirectory()
            let before = contents(1 << 20, &random)
            let kernel = try directory.file("kernel", before)
            let our = try directory.file("ours", before)
            func table(_ device: String) throws -> MappingTable {
                try MappingTable(
                    parsing: """
                        0 512 linear \(device) 0
                        512 512 striped 2 64 \(device) 512 \(device) 768
                        1024 512 crypt aes-xts-plain64 \(String(repeating: "a5", count: 64)) 0 \(device) 1024 1 allow_discards
                        """)
            }
            let requests: [(offset: Int, count: Int)] = [(8192, 4096), (250 * 512, 600 * 512), (1100 * 512, 400 * 512)]
            try KernelDevices.withLoops([kernel]) { loops in
                try KernelDevices.withMapping(try table(loops[0].path)) { path in
                    for request in requests {
                        try HostCommand("blkdiscard", package: "util-linux").run(
                            "--offset", "\(request.offset)", "--length", "\(request.count)", path)
                    }
                }
            }
            let volume = try Volume(table(our))
            for request in requests { try volume.discard(at: UInt64(request.offset), count: UInt64(request.count)) }
            try volume.close()
            #expect(difference(try RawFile.bytes(our), before) != nil, "nothing was discarded")
            #expect(difference(try RawFile.bytes(our), try RawFile.bytes(kernel)) == nil)
        }

        @Test func zeroesThatAreWrittenLeaveTheSameMembers() throws {
            var random = SeededGenerator(seed: 2)
            let directory = try GuestDirectory()
            let before = contents(1 << 20, &random)
            let kernel = try directory.file("kernel", before)
            let our = try directory.file("ours", before)
            func table(_ device: String) throws -> MappingTable {
                try MappingTable(
                    parsing: """
                        0 512 linear \(device) 0
                        512 510 striped 3 10 \(device) 512 \(device) 682 \(device) 852
                        1022 512 crypt aes-cbc-essiv:sha256 \(String(repeating: "a5", count: 32)) 0 \(device) 1024
                        """)
            }
            let (offset, count) = (100 * 512, 1300 * 512)
            try KernelDevices.withLoops([kernel]) { loops in
                try KernelDevices.withMapping(try table(loops[0].path)) { path in
                    try HostCommand("blkdiscard", package: "util-linux").run(
                        "--zeroout", "--offset", "\(offset)", "--length", "\(count)", path)
                }
            }
            let volume = try Volume(table(our))
            try volume.writeZeroes(at: UInt64(offset), count: UInt64(count), flags: [])
            try volume.close()
            #expect(difference(try RawFile.bytes(our), before) != nil, "nothing was written")
            #expect(difference(try RawFile.bytes(our), try RawFile.bytes(kernel)) == nil)
        }
    }
}

/// Bytes of which no two sectors are the same. Made faster than random ones: the guest is slow.
private func contents(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    let block = random.bytes(4096)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count { bytes.append(contentsOf: block) }
    bytes.removeLast(bytes.count - count)
    for start in stride(from: 0, to: count - 8, by: 512) {
        let stamp = random.next()
        for byte in 0..<8 { bytes[start + byte] = UInt8(truncatingIfNeeded: stamp >> UInt64(8 * byte)) }
    }
    return bytes
}

/// A run of up to 64 KiB, anywhere.
private func piece(of count: Int, _ random: inout SeededGenerator) -> Range<Int> {
    let start = Int.random(in: 0..<count, using: &random)
    return start..<start + Int.random(in: 1...min(count - start, 1 << 16), using: &random)
}

/// A few runs that cover everything, in any order.
private func pieces(of count: Int, multipleOf unit: Int, _ random: inout SeededGenerator) -> [Range<Int>] {
    var cuts: Set<Int> = [0, count]
    for _ in 0..<Int.random(in: 0...12, using: &random) { cuts.insert(Int.random(in: 0...count / unit, using: &random) * unit) }
    let places = cuts.sorted()
    return zip(places, places.dropFirst()).map { $0..<$1 }.shuffled(using: &random)
}
