import DeviceMapperTables
import Foundation
import StorageUnits
import Testing

/// Tables that real kernels were given, and what they printed of them: see `Fixtures/README.md`.
@Suite struct GoldenTests {
    static let files = ["golden-6.1.tsv", "golden-6.12.tsv"]

    /// A row of a fixture; ` | ` has become the end of a line.
    struct Row {
        var target: String
        var loaded: String
        var printed: String
        var status: String
    }

    private func rows(_ file: String) throws -> [Row] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").appending(path: file)
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").compactMap { (line) -> Row? in
            let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map {
                $0.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\n")
            }
            guard columns.count == 4, !columns[0].hasPrefix("#") else { return nil }
            return Row(target: columns[0], loaded: columns[1], printed: columns[2], status: columns[3])
        }
    }

    /// The kernel ends some lines with a blank, and the last one without a line feed.
    private func trimmed(_ text: String) -> String {
        text.split(separator: "\n").map { line in line.reversed().drop { $0 == " " }.reversed().map(String.init).joined() + "\n" }.joined()
    }

    @Test("every table of a known target reads as what the kernel prints of it, and prints as that", arguments: files)
    func knownTargets(_ file: String) throws {
        var counts: [String: Int] = [:]
        for row in try rows(file) where TargetRegistry.standard[row.target] != nil && !row.loaded.hasPrefix("(") {
            counts[row.target, default: 0] += 1
            let printed = try MappingTable(parsing: row.printed)
            #expect(textWithKeys(printed) == trimmed(row.printed))
            #expect(printed.lines.allSatisfy { !($0.target is UnknownTarget) }, "\(row.printed)")

            var loaded = try MappingTable(parsing: row.loaded)
            // dmsetup prints zeroes for a key: their number is right.
            if let crypt = printed.lines[0].target as? CryptTarget, let key = zeroes(crypt.key) {
                var original = try #require(loaded.lines[0].target as? CryptTarget)
                #expect(original.key.byteCount == key.count)
                original.key = crypt.key
                loaded = try MappingTable(length: loaded.length, original)
            }
            #expect(loaded == printed, "\(row.loaded)")
        }
        #expect(counts == ["linear": 2, "striped": 1, "crypt": 13, "error": 1, "zero": 1])
    }

    /// The key, if it is one of nothing but zeroes.
    private func zeroes(_ key: CryptKey) -> SecretBytes? {
        guard case .bytes(let secret) = key, secret == SecretBytes(count: secret.count, initializingWith: { _ in }) else { return nil }
        return secret
    }

    @Test("a key that dmsetup was asked to show is the one that was loaded", arguments: files)
    func shownKey(_ file: String) throws {
        let row = try #require(try rows(file).first { $0.target == "crypt" })
        #expect(zeroes(try onlyTarget(row.printed, as: CryptTarget.self).key) == nil)
        #expect(try MappingTable(parsing: row.loaded) == MappingTable(parsing: row.printed))
        #expect(try MappingTable(parsing: row.printed).description.contains(" <redacted> "))
    }

    @Test("the tables that cryptsetup makes read and print", arguments: files)
    func cryptsetup(_ file: String) throws {
        let rows = try rows(file).filter { $0.target == "crypt" && $0.loaded.hasPrefix("(") }
        try #require(rows.count == 2)
        let authenticated = try onlyTarget(rows[0].printed, as: CryptTarget.self)
        #expect(authenticated.cipher == .kernelAPI(specification: "authenc(hmac(sha256),xts(aes))", iv: .plain64))
        #expect(authenticated.options.integrity == .init(tagSize: 32, kind: "aead"))
        #expect(authenticated.key.byteCount == 96)
        let plain = try onlyTarget(rows[1].printed, as: CryptTarget.self)
        guard case .stored(64, .logon, let description) = plain.key else {
            Issue.record("expected a logon key, found \(plain.key)")
            return
        }
        #expect(description.hasPrefix("cryptsetup:"))
        #expect(plain.start == 32768)
        for row in rows { #expect(try MappingTable(parsing: row.printed).description == trimmed(row.printed)) }
    }

    @Test("every status of a known target reads, and prints as the kernel does", arguments: files)
    func statuses(_ file: String) throws {
        var count = 0
        for row in try rows(file) where TargetRegistry.standard[row.target] != nil {
            for line in row.status.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 3).map(String.init)
                let range = try #require(SectorRange(start: Sectors(UInt64(words[0]) ?? 0), length: Sectors(UInt64(words[1]) ?? 0)))
                let status = StatusLine(range: range, typeName: words[2], text: words.count > 3 ? words[3] : "")
                let type = try #require(TargetRegistry.standard[status.typeName])
                #expect(try written(status, type) == status.text, "\(line)")
                count += 1
            }
        }
        #expect(count == 21)  // a line each, and two of the second linear table
        let striped = try #require(try rows(file).first { $0.target == "striped" })
        #expect(striped.status == "0 65536 striped 2 7:0 7:1 1 AA")
    }

    private func written<T: Target>(_ status: StatusLine, _ type: T.Type) throws -> String {
        var writer = ArgumentWriter(keys: .redacted)
        try status.status(of: type).write(to: &writer)
        return writer.string
    }

    @Test("every table of every target survives where its type is not known, word for word", arguments: files)
    func unknownTargets(_ file: String) throws {
        var count = 0
        for row in try rows(file) {
            for text in [row.loaded, row.printed] where !text.hasPrefix("(") {
                let table = try MappingTable(parsing: text, registry: TargetRegistry([]))
                let words = trimmed(text).split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") + "\n" }.joined()
                #expect(textWithKeys(table) == words)
                #expect(table.lines.allSatisfy { $0.target is UnknownTarget })
                count += 1
            }
        }
        #expect(count == 137)  // 70 rows, 3 of them with a note instead of what was loaded
    }
}
