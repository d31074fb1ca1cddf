import StorageUnits
import Testing

@Suite struct ByteCountTests {
    @Test(
        "a number with each unit is read",
        arguments: [
            ("0", 0), ("512", 512), ("512B", 512), ("00012", 12), ("8s", 4096), ("1s", 512), ("4K", 4096), ("4k", 4096), ("4KiB", 4096),
            ("10M", 10_485_760), ("10MiB", 10_485_760), ("1G", 1 << 30), ("1GiB", 1 << 30), ("2T", 2 << 40), ("2TiB", 2 << 40),
            ("1P", 1 << 50), ("1PiB", 1 << 50), ("1kB", 1_000), ("1KB", 1_000), ("3MB", 3_000_000), ("1GB", 1_000_000_000),
            ("1TB", 1_000_000_000_000), ("1PB", 1_000_000_000_000_000), ("18446744073709551615", UInt64.max),
        ] as [(String, UInt64)])
    func reads(_ text: String, _ expected: UInt64) {
        #expect(ByteCount(parsing: text) == ByteCount(expected))
    }

    @Test(
        "a size that does not fit 64 bits is refused",
        arguments: [
            "18446744073709551616", "36028797018963968s", "16384PiB", "18446744073709551615K", "18447PB", "99999999999999999999999",
        ])
    func overflow(_ text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }

    @Test(
        "the largest size in each unit is read, and one more is not",
        arguments: [
            ("s", 512), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("PiB", 1 << 50), ("kB", 1_000),
            ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("PB", 1_000_000_000_000_000),
        ] as [(String, UInt64)])
    func largest(_ unit: String, _ scale: UInt64) {
        let most = UInt64.max / scale
        #expect(ByteCount(parsing: "\(most)\(unit)") == ByteCount(most * scale))
        #expect(ByteCount(parsing: "\(most + 1)\(unit)") == nil)
    }

    @Test(
        "rubbish is refused",
        arguments: [
            "", " ", "B", "KiB", "s", "-1", "+1", " 512", "512 ", "4 KiB", "4ki", "4kib", "4Kib", "4m", "4Mb", "4mB", "1.5K", "1,000",
            "0x200",
            "1E", "1EiB", "8S", "8ss", "4KiBB", "512\0", "٤", "４K",
        ])
    func rubbish(_ text: String) {
        #expect(ByteCount(parsing: text) == nil)
    }

    @Test(
        "people see the largest unit that leaves at least one, rounded down to hundredths",
        arguments: [
            (0, "0 B"), (1, "1 B"), (1023, "1023 B"), (1024, "1 KiB"), (1025, "1 KiB"), (1034, "1 KiB"), (1035, "1.01 KiB"),
            (1076, "1.05 KiB"), (1127, "1.1 KiB"), (1536, "1.5 KiB"), (1_048_575, "1023.99 KiB"), (1_048_576, "1 MiB"), (1 << 30, "1 GiB"),
            ((1 << 30) + (1 << 28), "1.25 GiB"), (1 << 40, "1 TiB"), (1 << 50, "1 PiB"), (1 << 60, "1 EiB"), (UInt64.max, "15.99 EiB"),
        ] as [(UInt64, String)])
    func formatted(_ count: UInt64, _ expected: String) {
        #expect(ByteCount(count).formatted == expected)
    }

    @Test("sizes are made from binary units, ordered, and print as the bare number")
    func makesAndPrints() {
        #expect(ByteCount.kibibytes(3) == ByteCount(3072))
        #expect(ByteCount.mebibytes(3) == ByteCount(3 << 20))
        #expect(ByteCount.gibibytes(3) == ByteCount(3 << 30))
        #expect(ByteCount(1) < ByteCount(2))
        #expect(!(ByteCount(2) < ByteCount(2)))
        #expect("\(ByteCount(4096))" == "4096")
    }
}
