import DeviceMapper
import Testing
import VolumeLaws

extension InTheLab {
    /// A table is refused by a volume, or by the parser before it, when the kernel refuses it. The few that are not are listed with the reason.
    struct VerdictTests {
        enum Verdict: CustomStringConvertible {
            case taken, refused
            var description: String { self == .taken ? "taken" : "refused" }
        }

        struct Case: CustomTestStringConvertible, Sendable {
            var title: String
            /// `$A` and `$B` stand for two devices of 16384 sectors, `$N` for the number of the first, `$K` for a key of 64 bytes, `$F` for
            /// a file that holds such a key.
            var table: String
            var kernel: Verdict
            var ours: Verdict
            /// Why the two differ.
            var reason: String

            init(_ title: String, _ table: String, _ both: Verdict = .refused) {
                (self.title, self.table, kernel, ours, reason) = (title, table, both, both, "")
            }

            init(_ title: String, _ table: String, kernel: Verdict, ours: Verdict, because reason: String) {
                (self.title, self.table, self.kernel, self.ours, self.reason) = (title, table, kernel, ours, reason)
            }

            var testDescription: String { title }
        }

        static let correct = [
            Case("linear", "0 1024 linear $A 8", .taken),
            Case("linear to the last sector", "0 1024 linear $A 15360", .taken),
            Case("striped", "0 1024 striped 2 16 $A 0 $B 8", .taken),
            Case("striped over one device", "0 1024 striped 1 1024 $A 0", .taken),
            Case("chunks of 3 sectors", "0 18 striped 2 3 $A 0 $B 8", .taken),
            Case("crypt", "0 1024 crypt aes-xts-plain64 $K 0 $A 0", .taken),
            Case("crypt with a key of 48 bytes", "0 1024 crypt aes-xts-plain64 \(key(48)) 0 $A 0", .taken),
            Case("crypt with upper-case digits", "0 1024 crypt aes-xts-plain64 \(key(64).uppercased()) 0 $A 0", .taken),
            Case("crypt with the old name of cbc-plain", "0 1024 crypt aes-plain \(key(32)) 0 $A 0", .taken),
            Case("crypt with a mode left out", "0 1024 crypt aes \(key(32)) 0 $A 0", .taken),
            Case("crypt with large sectors", "0 1024 crypt aes-xts-plain64 $K 8 $A 8 2 sector_size:4096 iv_large_sectors", .taken),
            Case("crypt with no options, counted", "0 1024 crypt aes-xts-plain64 $K 0 $A 0 0", .taken),
            Case("crypt with an option twice", "0 1024 crypt aes-xts-plain64 $K 0 $A 0 2 allow_discards allow_discards", .taken),
            Case("crypt with an option in capitals", "0 1024 crypt aes-xts-plain64 $K 0 $A 0 1 ALLOW_DISCARDS", .taken),
            Case("crypt with the largest IV offset", "0 1024 crypt aes-xts-plain64 $K 18446744073709551615 $A 0", .taken),
            Case("crypt with essiv:md5", "0 1024 crypt aes-cbc-essiv:md5 \(key(32)) 0 $A 0", .taken),
            Case("crypt with ECB", "0 8 crypt aes-ecb \(key(32)) 0 $A 0", .taken),
            Case("crypt with two keys", "0 8 crypt aes:2-cbc-plain64 \(key(64)) 0 $A 0", .taken),
            Case("crypt with a vector of zeroes", "0 8 crypt aes-cbc-null \(key(32)) 0 $A 0", .taken),
            Case("crypt with a cipher by its name in the kernel", "0 8 crypt capi:xts(aes)-plain64 $K 0 $A 0", .taken),
            Case("crypt without a cipher", "0 8 crypt cipher_null-ecb - 0 $A 0", .taken),
            Case("a switch", "0 1024 switch 2 128 0 $A 0 $B 8", .taken),
            Case("a stripe of a striped device", "0 1024 unstriped 2 128 1 $A 8", .taken),
            Case("a mirror", "0 1024 mirror core 2 128 nosync 2 $A 0 $B 8 1 handle_errors", .taken),
            Case("zero", "0 1024 zero", .taken),
            Case("error", "0 1024 error", .taken),
            Case("error with a device", "0 1024 error $A 0", .taken),
            Case("lines of every kind", "0 8 linear $A 0\n8 8 zero\n16 8 error\n24 8 striped 1 8 $B 0", .taken),
            Case("blank lines, comments, tabs", "# comment\n\n  0\t8  linear\t$A   0  \n\n8 8 zero\n", .taken),
            Case("a device by its number", "0 8 linear $N 0", .taken),
            Case("a backslash in front of a digit", #"0 8 linear $A \0"#, .taken),
            Case("lines that end as in Windows", "0 8 linear $A 0\r\n8 8 zero\r\n", .taken),
            Case("zeroes in front of numbers", "0 0001024 striped 02 016 $A 00 $B 08", .taken),
        ]

        static let mistakes = [
            Case("no lines", ""),
            Case("a first line that does not begin at 0", "8 1024 linear $A 0"),
            Case("a gap", "0 8 zero\n16 8 zero"),
            Case("an overlap", "0 8 zero\n4 8 zero"),
            Case("lines in the wrong order", "8 8 zero\n0 8 zero"),
            Case("a length of 0", "0 0 linear $A 0"),
            Case("a start that is no number", "x 8 zero"),
            Case("a length that is no number", "0 y zero"),
            Case("a negative length", "0 -8 zero"),
            Case("a line without a target", "0 8"),
            Case("a target that there is not", "0 8 nothing"),
            Case("a name of 16 bytes", "0 8 sixteencharacter"),
            Case("a device of more than 2^63 bytes", "0 18014398509481984 zero"),

            Case("linear without a start", "0 8 linear $A"),
            Case("linear without anything", "0 8 linear"),
            Case("linear with a word too many", "0 8 linear $A 0 0"),
            Case("linear with a negative start", "0 8 linear $A -8"),
            Case("linear with a sign", "0 8 linear $A +8"),
            Case("linear with a unit", "0 8 linear $A 8s"),
            Case("linear with a hexadecimal start", "0 8 linear $A 0x8"),
            Case("linear with a start that is no number", "0 8 linear $A eight"),
            Case("linear that ends behind its device", "0 1024 linear $A 15361"),
            Case("linear that begins behind its device", "0 8 linear $A 16384"),
            Case("linear that ends behind every device", "0 8 linear $A 18014398509481983"),
            Case("linear on a device that there is not", "0 8 linear /dev/nothing 0"),
            Case("linear on a number that there is not", "0 8 linear 4095:1048575 0"),
            Case("linear on a number with something behind it", "0 8 linear $N/ 0"),
            Case("linear on a name without its directory", "0 8 linear loop0 0"),
            Case("linear on a directory", "0 8 linear /dev 0"),
            Case("linear on a character device", "0 8 linear /dev/null 0"),

            Case("no stripes", "0 8 striped 0 8"),
            Case("more stripes than devices", "0 16 striped 2 8 $A 0"),
            Case("fewer stripes than devices", "0 16 striped 1 8 $A 0 $B 0"),
            Case("a number of stripes that is no number", "0 16 striped two 8 $A 0 $B 0"),
            Case("a negative number of stripes", "0 16 striped -2 8 $A 0 $B 0"),
            Case("too many stripes", "0 16 striped 4294967296 8 $A 0 $B 0"),
            Case("chunks of 0", "0 16 striped 2 0 $A 0 $B 0"),
            Case("chunks that are no number", "0 16 striped 2 8k $A 0 $B 0"),
            Case("chunks of 2^32", "0 16 striped 2 4294967296 $A 0 $B 0"),
            Case("striped with a start left out", "0 16 striped 2 8 $A 0 $B"),
            Case("striped with a word too many", "0 16 striped 2 8 $A 0 $B 0 0"),
            Case("striped with a negative start", "0 16 striped 2 8 $A 0 $B -1"),
            Case("a length that does not divide by the stripes", "0 17 striped 2 1 $A 0 $B 0"),
            Case("a length that does not divide by the chunks", "0 24 striped 2 8 $A 0 $B 0"),
            Case("chunks larger than the stripes", "0 16 striped 2 16 $A 0 $B 0"),
            Case("a stripe that ends behind its device", "0 16 striped 2 8 $A 0 $B 16377"),

            Case("crypt without a start", "0 8 crypt aes-xts-plain64 $K 0 $A"),
            Case("crypt with a negative start", "0 8 crypt aes-xts-plain64 $K 0 $A -1"),
            Case("crypt that ends behind its device", "0 8 crypt aes-xts-plain64 $K 0 $A 16377"),
            Case("crypt with a negative IV offset", "0 8 crypt aes-xts-plain64 $K -1 $A 0"),
            Case("an IV offset that is no number", "0 8 crypt aes-xts-plain64 $K 0x0 $A 0"),
            Case("an IV offset that is no multiple of the sector size", "0 8 crypt aes-xts-plain64 $K 4 $A 0 1 sector_size:4096"),
            Case("a length that is no multiple of the sector size", "0 12 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:4096"),
            Case("sectors of 768", "0 24 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:768"),
            Case("sectors of 256", "0 24 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:256"),
            Case("sectors of 8192", "0 32 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:8192"),
            Case("sectors of 0", "0 32 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:0"),
            Case("sectors without a size", "0 32 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:"),
            Case("sectors with a sign", "0 32 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:+512"),
            Case("sectors with a unit", "0 32 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:512b"),
            Case("a key that is not hexadecimal", "0 8 crypt aes-xts-plain64 \(key(63))xy 0 $A 0"),
            Case("an XTS key of 31 bytes", "0 8 crypt aes-xts-plain64 \(key(31)) 0 $A 0"),
            Case("an XTS key of 24 bytes", "0 8 crypt aes-xts-plain64 \(key(24)) 0 $A 0"),
            Case("an XTS key of 128 bytes", "0 8 crypt aes-xts-plain64 \(key(128)) 0 $A 0"),
            Case("a CBC key of 64 bytes", "0 8 crypt aes-cbc-plain64 \(key(64)) 0 $A 0"),
            Case("no key", "0 8 crypt aes-xts-plain64 - 0 $A 0"),
            Case("a key that the keyring does not have", "0 8 crypt aes-xts-plain64 :64:user:nothing 0 $A 0"),
            Case("a key of a kind that there is not", "0 8 crypt aes-xts-plain64 :64:nothing:nothing 0 $A 0"),
            Case("a key of 0 bytes in the keyring", "0 8 crypt aes-xts-plain64 :0:user:nothing 0 $A 0"),
            Case("a key without a name", "0 8 crypt aes-xts-plain64 :64:user: 0 $A 0"),
            Case("a cipher that there is not", "0 8 crypt nothing-xts-plain64 $K 0 $A 0"),
            Case("a mode that there is not", "0 8 crypt aes-nothing-plain64 $K 0 $A 0"),
            Case("a vector that there is not", "0 8 crypt aes-xts-nothing $K 0 $A 0"),
            Case("no vector", "0 8 crypt aes-xts $K 0 $A 0"),
            Case("a cipher in capitals", "0 8 crypt AES-xts-plain64 $K 0 $A 0"),
            Case("a vector in capitals", "0 8 crypt aes-xts-PLAIN64 $K 0 $A 0"),
            Case("an empty number of keys", "0 8 crypt aes:-cbc-plain64 \(key(32)) 0 $A 0"),
            Case("a vector without a mode", "0 8 crypt aes-plain64 \(key(32)) 0 $A 0"),
            Case("a part too many", "0 8 crypt aes-xts-plain64-plain64 $K 0 $A 0"),
            Case("essiv without a hash", "0 8 crypt aes-cbc-essiv \(key(32)) 0 $A 0"),
            Case("essiv with a hash that there is not", "0 8 crypt aes-cbc-essiv:nothing \(key(32)) 0 $A 0"),
            Case("essiv with a hash that is no AES key", "0 8 crypt aes-cbc-essiv:sha1 \(key(32)) 0 $A 0"),
            Case("essiv with a hash that is too long", "0 8 crypt aes-cbc-essiv:sha512 \(key(32)) 0 $A 0"),
            Case("three keys", "0 8 crypt aes:3-cbc-plain64 \(key(48)) 0 $A 0"),
            Case("an option that there is not", "0 8 crypt aes-xts-plain64 $K 0 $A 0 1 nothing"),
            Case("fewer options than counted", "0 8 crypt aes-xts-plain64 $K 0 $A 0 2 allow_discards"),
            Case("a number of options that is no number", "0 8 crypt aes-xts-plain64 $K 0 $A 0 allow_discards"),
            Case("a negative number of options", "0 8 crypt aes-xts-plain64 $K 0 $A 0 -1"),
            Case("tags of 0 bytes", "0 8 crypt aes-xts-plain64 $K 0 $A 0 1 integrity:0:none"),

            Case("zero with an argument", "0 8 zero $A"),
            Case("a comment behind a line", "0 8 linear $A 0 # comment"),
            Case("a target in capitals", "0 8 LINEAR $A 0"),
        ]

        /// Mistakes that the kernel lets pass, and the other way round: each for a reason.
        static let differences = [
            Case(
                "a number of 2^64", "0 8 linear $A 18446744073709551616", kernel: .taken, ours: .refused,
                because: "the kernel leaves out what does not fit 64 bits: that is sector 0, and nobody means it"),
            Case(
                "an IV offset of 2^64", "0 8 crypt aes-xts-plain64 $K 18446744073709551616 $A 0", kernel: .taken, ours: .refused,
                because: "the kernel leaves out what does not fit 64 bits"),
            Case(
                "a sector size of 2^16 + 512", "0 8 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:66048", kernel: .taken, ours: .refused,
                because: "the kernel leaves out what does not fit 16 bits: that is 512, and nobody means it"),
            Case(
                "a number of stripes with a sign", "0 16 striped +2 8 $A 0 $B 0", kernel: .taken, ours: .refused,
                because: "a plus is taken in some numbers of the kernel and not in others: here in none"),
            Case(
                "a chunk size with a sign", "0 16 striped 2 +8 $A 0 $B 0", kernel: .taken, ours: .refused,
                because: "a plus is taken in some numbers of the kernel and not in others: here in none"),
            Case(
                "a key with half a byte", "0 8 crypt aes-xts-plain64 \(key(64))a 0 $A 0", kernel: .taken, ours: .refused,
                because: "the kernel passes over the odd digit; who wrote it has lost another"),
            Case(
                "words behind the options of crypt", "0 8 crypt aes-xts-plain64 $K 0 $A 0 1 allow_discards iv_large_sectors",
                kernel: .taken, ours: .refused,
                because: "the kernel passes over options that are not counted; whoever wrote them wants them"),
            Case(
                "something behind a vector that takes nothing", "0 8 crypt aes-xts-plain64:sha256 $K 0 $A 0", kernel: .taken,
                ours: .refused, because: "the kernel passes over it; whoever wrote it expects it to matter"),
            Case(
                "error with one argument", "0 8 error $A", kernel: .taken, ours: .refused,
                because: "the kernel looks at the arguments only when there are two, in old versions never"),
            Case(
                "error with three arguments", "0 8 error $A 0 0", kernel: .taken, ours: .refused,
                because: "the kernel looks at the arguments only when there are two, in old versions never"),
            Case(
                "tags without a device that keeps them", "0 8 crypt aes-xts-plain64 $K 0 $A 0 1 integrity:16:none", kernel: .taken,
                ours: .refused, because: "user space has no tags yet; the kernel takes the option and stores none"),
            Case(
                "BitLocker's diffuser", "0 8 crypt aes-cbc-elephant \(key(32)) 0 $A 0", kernel: .taken, ours: .refused,
                because: "a vector that user space does not have"),
            Case(
                "Twofish with a key of 24 bytes", "0 8 crypt twofish-cbc-plain64 \(key(24)) 0 $A 0", kernel: .taken, ours: .refused,
                because: "libgcrypt's Twofish takes no such key"),
            Case(
                "CAST5 with fewer rounds", "0 8 crypt cast5-cbc-plain64 \(key(10)) 0 $A 0", kernel: .taken, ours: .refused,
                because: "libgcrypt's CAST5 always has all rounds, which the kernel's has with keys of 11 bytes and more"),

            Case(
                "a key in a file", "0 8 crypt aes-xts-plain64 :64:file:$F 0 $A 0", kernel: .refused, ours: .taken,
                because: "the kernel reads no key files"),
            Case(
                "ten options", "0 8 crypt aes-xts-plain64 $K 0 $A 0 10\(String(repeating: " allow_discards", count: 10))",
                kernel: .refused, ours: .taken, because: "the kernel's limit is 9, though there are more options than that"),
            Case(
                "a sector size in capitals", "0 8 crypt aes-xts-plain64 $K 0 $A 0 1 SECTOR_SIZE:4096", kernel: .refused, ours: .taken,
                because: "the kernel takes options in capitals, except those with a value"),
            Case(
                "a start that is no multiple of the sector size", "0 8 crypt aes-xts-plain64 $K 0 $A 1 1 sector_size:4096",
                kernel: .refused, ours: .taken,
                because: "to the kernel's block layer, not to dm-crypt, a device below cannot begin within a sector; files have no sectors"),
            Case(
                "a line that is no multiple of another's sector size",
                "0 8 crypt aes-xts-plain64 $K 0 $A 0 1 sector_size:4096\n8 7 linear $B 0", kernel: .refused, ours: .taken,
                because: "a device of the kernel has sectors of one size; a volume takes any bytes of any line"),
            Case(
                "a backslash in a target's name", #"0 8 lin\ear $A 0"#, kernel: .refused, ours: .taken,
                because: "the name is not among the words that the kernel takes apart"),
        ]

        private static func key(_ count: Int) -> String { String(repeating: "5a", count: count) }

        @Test func correctTablesAreTakenByBothAndPrintedBack() throws {
            try compare(Self.correct) { name, text, loops in
                let expected = try MappingTable(MappingTable(parsing: text).lines.map(Self.asTheKernelKeepsIt)).mappingDevices { device in
                    loops.first { .path($0.path) == device }.map { .number($0.number) } ?? device
                }
                let printed = try KernelDevices.table(of: name, inactive: true)
                #expect(printed == expected)
            }
        }

        /// The kernel forgets the device of an error target once it has looked at its limits.
        private static func asTheKernelKeepsIt(_ line: MappingTable.Line) -> MappingTable.Line {
            line.target is ErrorTarget ? MappingTable.Line(line.range, ErrorTarget()) : line
        }

        @Test func mistakesAreRefusedByBoth() throws { try compare(Self.mistakes) }

        @Test func theVerdictsDifferWhereTheyAreMeantTo() throws { try compare(Self.differences) }

        @Test func aHashWithADashInItsNameIsTakenByBoth() throws {
            try compare([Case("essiv:sha3-256", "0 8 crypt aes-cbc-essiv:sha3-256 \(Self.key(32)) 0 $A 0", .taken)])
        }

        /// Asks both; `body` is called for the tables that both have taken.
        private func compare(_ cases: [Case], _ body: (String, String, [LoopDevice]) throws -> Void = { _, _, _ in }) throws {
            let directory = try GuestDirectory()
            let zeroes = [UInt8](repeating: 0, count: 8 << 20)
            let files = [try directory.file("A", zeroes), try directory.file("B", zeroes)]
            let keyFile = try directory.file("F", [UInt8](repeating: 0x5a, count: 64))
            try KernelDevices.withLoops(files) { loops in
                let values = [
                    ("$A", loops[0].path), ("$B", loops[1].path), ("$N", loops[0].number.description), ("$K", Self.key(64)),
                    ("$F", keyFile),
                ]
                for one in cases {
                    var text = one.table
                    for (name, value) in values {
                        text.replace(name, with: value)
                    }
                    // First, for the kernel keeps the devices of a table that it has taken.
                    let ours = refusal(of: text)
                    let kernels = try KernelDevices.refusal(of: Array(text.utf8)) { name in
                        if ours == nil { try body(name, text, loops) }
                    }
                    let said = "kernel: \(kernels ?? "taken"), volume: \(ours ?? "taken"), for \(one.title): \(one.table)"
                    #expect((kernels == nil ? .taken : .refused) == one.kernel, "\(said)")
                    #expect((ours == nil ? .taken : .refused) == one.ours, "\(said)")
                }
            }
        }

        private func refusal(of text: String) -> String? {
            do {
                try Volume(MappingTable(parsing: text)).close()
                return nil
            } catch {
                return "\(error)"
            }
        }
    }
}
