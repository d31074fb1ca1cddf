import DeviceMapperTables
import Foundation
import StorageUnits
import Testing

/// Tables that real kernels were given, and what they printed of them: see `Fixtures/README.md`.
@Suite struct GoldenTests {
    static let files = ["golden-6.1.tsv", "golden-6.1-udev.tsv", "golden-6.12.tsv"]

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

    @Test("every table that was loaded is satisfied by what the kernel prints of it", arguments: files)
    func tables(_ file: String) throws {
        var count = 0
        for row in try rows(file) where !row.loaded.hasPrefix("(") {
            count += 1
            let reported = try MappingTable(parsing: row.printed)
            #expect(reported.lines.allSatisfy { !($0.target is UnknownTarget) && $0.target.unknownWords.isEmpty }, "\(row.printed)")
            var loaded = try MappingTable(parsing: row.loaded)
            // dmsetup prints zeroes for a key: their number is right.
            if let crypt = reported.lines[0].target as? CryptTarget, let key = zeroes(crypt.key) {
                var original = try #require(loaded.lines[0].target as? CryptTarget)
                #expect(original.key.byteCount == key.count)
                original.key = crypt.key
                loaded = try MappingTable(length: loaded.length, original)
            }
            #expect(loaded.isSatisfied(by: reported), "loaded: \(loaded)reported: \(reported)")
        }
        #expect(count == 67)  // 70 rows, 3 of them with a note instead of what was loaded
    }

    @Test("what the kernel prints of a table is printed here alike, but for counts that say nothing", arguments: files)
    func printedAlike(_ file: String) throws {
        var different: [String] = []
        for row in try rows(file) {
            let reported = try MappingTable(parsing: row.printed)
            let text = textWithKeys(reported)
            if text != trimmed(row.printed) { different.append(row.target) }
            #expect(try MappingTable(parsing: text) == reported, "\(row.printed)")
        }
        #expect(different == (file == "golden-6.12.tsv" ? [] : ["flakey"]), "a line of Linux 6.1 that counts no options")
    }

    @Test("a table of one row is not satisfied by what the kernel prints of another", arguments: files)
    func otherTables(_ file: String) throws {
        let tables = try rows(file).filter { !$0.loaded.hasPrefix("(") }.map {
            (loaded: try MappingTable(parsing: $0.loaded), reported: try MappingTable(parsing: $0.printed), text: $0.loaded)
        }
        var pairs: [String] = []
        for (index, one) in tables.enumerated() {
            for (other, two) in tables.enumerated() where index != other && one.text != two.text {
                if one.loaded.isSatisfied(by: two.reported) { pairs.append("\(one.text) by \(two.text)") }
            }
        }
        #expect(pairs == [])
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

    @Test("every status reads, and prints as the kernel does, blanks at its end aside", arguments: files)
    func statuses(_ file: String) throws {
        var count = 0
        for row in try rows(file) {
            for line in row.status.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                let range = try #require(SectorRange(start: Sectors(UInt64(words[0]) ?? 0), length: Sectors(UInt64(words[1]) ?? 0)))
                let text = words.dropFirst(3).joined(separator: " ")
                let status = StatusLine(range: range, typeName: words[2], text: text)
                let type = try #require(TargetRegistry.standard[status.typeName])
                #expect(try written(status, type) == text, "\(line)")
                count += 1
            }
        }
        #expect(count == 71)  // a line each, and two of the second linear table
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
