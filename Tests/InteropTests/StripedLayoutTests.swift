import DeviceMapper
import Testing
import VolumeLaws

/// Where the sectors of a striped volume lie on its members, computed sector by sector in Python.
struct StripedLayoutTests {
    /// Each line of the header is `chunk-size member-size member-start...`, all in sectors; the bytes of the volume follow. The answer
    /// is the members one after the other, zeroes where nothing was written.
    static let oracle = PythonOracle(
        program: """
            place = 0
            for chunk, size, *starts in header:
                chunk, size, starts = int(chunk), int(size), [int(start) for start in starts]
                members = [bytearray(512 * size) for _ in starts]
                width = (size - max(starts)) // chunk * chunk
                for sector in range(width * len(starts)):
                    index, within = divmod(sector, chunk)
                    row, member = divmod(index, len(starts))
                    target = 512 * (starts[member] + row * chunk + within)
                    members[member][target:target + 512] = data[place:place + 512]
                    place += 512
                for member in members:
                    answer(bytes(member))
            """)

    @Test("Members hold what Python puts there, and read back as they were written", arguments: 0..<scaled(10))
    func layout(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let scratch = try ScratchDirectory()
        var questions: [String] = []
        var data: [UInt8] = []
        var found: [(table: MappingTable, paths: [String], written: [UInt8])] = []
        for number in 0..<20 {
            let chunk = [1, 3, 7, 8, 16, 25, 128].randomElement(using: &random) ?? 1
            let starts = (0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 0...9, using: &random) }
            let width = Int.random(in: 1...max(1, 200 / chunk), using: &random) * chunk
            let size = (starts.max() ?? 0) + width
            let paths = try starts.indices.map { try scratch.sparseFile("\(number).\($0)", size: size * 512) }
            let members = zip(paths, starts).map { " \($0) \($1)" }.joined()
            let table = try MappingTable(parsing: "0 \(width * starts.count) striped \(starts.count) \(chunk)\(members)")
            let bytes = random.bytes(512 * width * starts.count)
            let volume = try Volume(table)
            try volume.write(bytes, inPiecesFrom: &random)
            try volume.close()
            questions.append("\(chunk) \(size) \(starts.map(String.init).joined(separator: " "))")
            data += bytes
            found.append((table, paths, bytes))
        }
        let answer = try Self.oracle.answer(questions, data)
        var place = 0
        for one in found {
            for path in one.paths {
                let bytes = try ScratchDirectory.bytes(path)
                try #require(place + bytes.count <= answer.count)
                #expect(difference(bytes, Array(answer[place..<place + bytes.count])) == nil, "seed \(seed): \(path) of \(one.table)")
                place += bytes.count
            }
            let volume = try Volume(one.table, opening: .files(.readOnly))
            #expect(
                difference(try volume.read(count: one.written.count, inPiecesFrom: &random), one.written) == nil,
                "seed \(seed): \(one.table)")
        }
        #expect(place == answer.count)
    }
}
