import DeviceMapperTables
import Testing

/// What kernels make of an integrity line: they print the values that are in effect.
@Suite struct IntegritySatisfactionTests {
    private func read(_ arguments: String) throws -> IntegrityTarget {
        try onlyTarget("0 8192 integrity \(arguments)", as: IntegrityTarget.self)
    }

    private static let formatted = "journal_sectors:176 interleave_sectors:32768 buffer_sectors:128"

    @Test(
        "effective values, words of the superblock and defaults are what the kernel makes of a line",
        arguments: [
            // What kernels printed for these.
            ("4 J 0", "4 J 5 \(formatted) journal_watermark:50 commit_time:10000", true),
            ("- J 1 internal_hash:crc32c", "4 J 6 \(formatted) journal_watermark:50 commit_time:10000 internal_hash:crc32c", true),
            (
                "4 J 5 journal_sectors:512 interleave_sectors:1000 buffer_sectors:16 journal_watermark:33 commit_time:500",
                "4 J 5 journal_sectors:352 interleave_sectors:512 buffer_sectors:16 journal_watermark:33 commit_time:500", true
            ),
            (
                "4 J 1 buffer_sectors:100",
                "4 J 5 journal_sectors:176 interleave_sectors:32768 buffer_sectors:64 journal_watermark:50 commit_time:10000", true
            ),
            ("4 J 1 buffer_sectors:0", "4 J 3 journal_sectors:176 interleave_sectors:32768 buffer_sectors:1", true),
            ("4 J 1 buffer_sectors:64", "4 J 3 \(formatted)", false),
            ("4 J 1 buffer_sectors:64", "4 J 0", false),
            (
                "4 B 3 internal_hash:crc32c sectors_per_bit:1000 bitmap_flush_interval:1234",
                "4 B 6 \(formatted) sectors_per_bit:512 bitmap_flush_interval:1236 internal_hash:crc32c", true
            ),
            ("4 B 2 internal_hash:crc32c sectors_per_bit:0", "4 B 3 sectors_per_bit:1 bitmap_flush_interval:0 internal_hash:crc32c", true),
            ("4 B 2 internal_hash:crc32c sectors_per_bit:1", "4 B 2 sectors_per_bit:8 internal_hash:crc32c", true),
            ("4 B 2 internal_hash:crc32c sectors_per_bit:1000", "4 B 2 sectors_per_bit:256 internal_hash:crc32c", false),
            ("4 B 2 internal_hash:crc32c sectors_per_bit:1000", "4 B 1 internal_hash:crc32c", false),
            (
                "4 B 2 internal_hash:crc32c bitmap_flush_interval:4294967295",
                "4 B 2 bitmap_flush_interval:4294967288 internal_hash:crc32c", true
            ),
            ("4 B 2 internal_hash:crc32c bitmap_flush_interval:1234", "4 B 2 bitmap_flush_interval:1244 internal_hash:crc32c", false),
            ("4 B 2 internal_hash:crc32c bitmap_flush_interval:1234", "4 B 2 bitmap_flush_interval:1233 internal_hash:crc32c", false),
            ("4 B 2 internal_hash:crc32c bitmap_flush_interval:1234", "4 B 1 internal_hash:crc32c", false),
            ("4 D 1 internal_hash:crc32c", "4 D 6 \(formatted) fix_padding fix_hmac internal_hash:crc32c", true),
            ("4 J 2 fix_padding fix_hmac", "4 J 3 \(formatted)", true),
            ("4 R 0", "4 R 3 journal_sectors:176 interleave_sectors:1 buffer_sectors:128", true),
            (
                "4 I 1 internal_hash:crc32c", "4 I 4 journal_sectors:0 interleave_sectors:32768 buffer_sectors:128 internal_hash:crc32c",
                true
            ),
            ("4 J 1 internal_hash:crc32c", "4 J 2 recalculate internal_hash:crc32c", true),
            ("4 J 2 recalculate internal_hash:crc32c", "4 J 1 internal_hash:crc32c", false),
            ("4 J 2 reset_recalculate internal_hash:crc32c", "4 J 3 recalculate reset_recalculate internal_hash:crc32c", true),
            ("4 J 2 reset_recalculate internal_hash:crc32c", "4 J 2 recalculate internal_hash:crc32c", false),
            ("4 J 2 recalculate internal_hash:crc32c", "4 J 3 recalculate reset_recalculate internal_hash:crc32c", false),
            ("4 J 1 block_size:512", "4 J 0", true),
            ("4 J 0", "4 J 1 block_size:4096", false),
            ("4 J 0", "8 J 0", false),
            ("4 J 1 meta_device:7:1", "4 J 1 meta_device:7:2", false),
            ("4 J 0", "4 D 0", false),
            ("4 J 2 allow_discards internal_hash:crc32c", "4 J 1 internal_hash:crc32c", false),
            ("4 J 1 legacy_recalculate", "4 J 0", false),
            ("4 J 1 internal_hash:crc32c", "4 J 1 internal_hash:crc32", false),
            ("4 J 1 internal_hash:hmac(md5):00FF", "4 J 1 internal_hash:hmac(md5):00ff", true),
            ("4 J 1 internal_hash:hmac(md5):00ff", "4 J 1 internal_hash:hmac(md5):00fe", false),
            ("4 J 1 journal_mac:hmac(md5):00ff", "4 J 0", false),
            ("4 J 1 journal_crypt:new:00ff", "4 J 0", false),
            ("4 J 1 new", "4 J 0", false),
            ("4 J 1 commit_time:5", "4 J 1 commit_time:6", false),
            ("4 J 1 journal_watermark:33", "4 J 2 journal_sectors:176 journal_watermark:34", false),
            ("4 J 1 journal_watermark:33", "4 J 1 journal_watermark:33", true),
            ("4 J 1 journal_watermark:33", "4 J 0", false),
        ])
    func isSatisfied(_ loaded: String, _ printed: String, _ expected: Bool) throws {
        #expect(try read("7:0 0 \(loaded)").isSatisfied(by: read("7:0 0 \(printed)")) == expected)
    }

    @Test("a watermark is rounded to the entries of a small journal")
    func watermark() throws {
        // 8 entries: a tag of 200 bytes and 4096 bytes of data make one entry a sector.
        for (asked, percent, expected) in [(33, 33, false), (33, 38, true), (33, 25, false), (38, 38, true), (38, 50, false)] {
            let loaded = try read("7:0 0 200 J 2 block_size:4096 journal_watermark:\(asked)")
            let printed = try read("7:0 0 200 J 3 block_size:4096 journal_sectors:72 journal_watermark:\(percent)")
            #expect(loaded.isSatisfied(by: printed) == expected, "\(asked) as \(percent)")
        }
    }

    @Test("another device or place is not what was loaded")
    func otherPlaces() throws {
        #expect(try !read("7:0 0 4 J 0").isSatisfied(by: read("7:1 0 4 J 0")))
        #expect(try !read("7:0 0 4 J 0").isSatisfied(by: read("7:0 8 4 J 0")))
    }

    @Test(
        "lines of a kernel read, print alike, and satisfy what was loaded",
        arguments: [
            (
                "J 4 internal_hash:crc32c journal_watermark:50 commit_time:1000 block_size:512",
                "J 8 \(formatted) journal_watermark:50 commit_time:1000 fix_padding fix_hmac internal_hash:crc32c"
            ),
            (
                "B 3 internal_hash:crc32c sectors_per_bit:32768 bitmap_flush_interval:1000",
                "B 8 \(formatted) sectors_per_bit:32768 bitmap_flush_interval:1000 fix_padding fix_hmac internal_hash:crc32c"
            ),
            ("D 1 internal_hash:crc32c", "D 6 \(formatted) fix_padding fix_hmac internal_hash:crc32c"),
        ])
    func golden(_ loaded: String, _ printed: String) throws {
        let line = "0 32328 integrity 7:0 0 4 \(printed)"
        let table = try MappingTable(parsing: line)
        #expect(table.description == line + "\n")
        #expect(try MappingTable(parsing: "0 32328 integrity 7:0 0 4 \(loaded)").isSatisfied(by: table))
    }
}
