extension KernelCase {
    private static let root = String(repeating: "5a", count: 32)
    private static let verityLine = "0 8192 verity 1 $A $B 4096 4096 1024 1 sha256 \(root) 00112233"

    private static func takenVerity(_ options: String, since: String = "6.1") -> KernelCase {
        .taken("\(verityLine) \(options)", isReadOnly: true, since: since)
    }
    private static func refusedVerity(_ options: String) -> KernelCase { .refused("\(verityLine) \(options)", isReadOnly: true) }
    private static func takenVerityLine(_ line: String) -> KernelCase { .taken(line, isReadOnly: true) }
    private static func refusedVerityLine(_ line: String) -> KernelCase { .refused(line, isReadOnly: true) }

    static let verity: [KernelCase] = [
        takenVerityLine(verityLine),
        takenVerityLine("0 8192 verity 0 $a $b 4096 4096 1024 1 sha256 \(root) -"),
        takenVerityLine("0 8192 verity 1 $A $B 512 512 8192 1 sha256 \(root.uppercased()) AA112233"),
        takenVerityLine("0 8192 verity 1 $A $B 4096 65536 1024 1 sha512 \(root)\(root) 00"),
        takenVerityLine("0 8192 verity 1 $A $B 4096 512 1024 1 sha512 \(root)\(root) 00"),
        takenVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 1 sha1 \(root.prefix(40)) 00"),
        takenVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 1 crc32c 5a5a5a5a 00"),
        takenVerityLine("0 8 verity 1 $A $B 4096 4096 1024 1 sha256 \(root) 00"),
        takenVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 2039 sha256 \(root) 00"),
        takenVerityLine("0 8192 verity 1 $A $B 4096 4096 100000 0 sha256 \(root) 00"),
        takenVerity("0"),
        takenVerity("1 ignore_corruption"),
        takenVerity("1 RESTART_on_corruption"),
        takenVerity("1 panic_on_corruption"),
        takenVerity("1 restart_on_error", since: "6.12"),
        takenVerity("2 panic_on_error ignore_corruption", since: "6.12"),
        takenVerity("3 try_verify_in_tasklet check_at_most_once ignore_zero_blocks"),
        takenVerity("2 ignore_zero_blocks ignore_zero_blocks"),
        takenVerity("8 use_fec_from_device $C fec_roots 2 fec_blocks 1034 fec_start 0"),
        takenVerity("6 fec_roots 2 fec_blocks 1033 use_fec_from_device $C"),
        takenVerity("10 use_fec_from_device $C fec_roots 3 fec_blocks 1034 fec_start 0 fec_roots 2"),
        takenVerityLine(
            "0 8192 verity 1 $A $A 4096 4096 1024 1024 sha256 \(root) 00 8 use_fec_from_device $A fec_roots 2 fec_blocks 1034 fec_start 1050"
        ),
        takenVerityLine(
            "0 16384 verity 1 $A $B 4096 4096 2048 1 sha256 \(root) 00 9 ignore_zero_blocks use_fec_from_device $C fec_roots 24 "
                + "fec_blocks 2065 fec_start 1804"),

        refusedVerityLine("0 8192 verity 2 $A $B 4096 4096 1024 1 sha256 \(root) 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 256 4096 1024 1 sha256 \(root) 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 3072 4096 4096 1 sha256 \(root) 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 256 1024 1 sha256 \(root) 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 1023 1 sha256 \(root) 00"),
        refusedVerityLine("0 8191 verity 1 $A $B 4096 4096 1024 1 sha256 \(root) 00"),
        refusedVerityLine("0 8188 verity 1 $A $B 4096 4096 1024 1 sha256 \(root) 00"),
        refusedVerityLine("0 8 verity 1 $A $B 4096 4096 0 1 sha256 \(root) 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 36028797018963968 0 sha256 \(root) 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 36028797018963967 sha256 \(root) 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 1 sha256 \(root)5a 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 1 sha256 \(root.dropLast())x 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 1 sha256 \(root.dropLast(2)) 00"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 1 sha256 \(root) 0"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 1 sha256 \(root) xx"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 1024 1 sha256 \(root)"),
        refusedVerityLine("0 8192 verity 1 $A $B 4096 4096 2147483648 1 sha256 \(root) 00 1 check_at_most_once"),
        refusedVerity("2 ignore_corruption restart_on_corruption"),
        refusedVerity("2 ignore_corruption ignore_corruption"),
        refusedVerity("2 ignore_corruption"),
        refusedVerity("1 use_fec_from_device"),
        refusedVerity("6 use_fec_from_device $C fec_roots 2 fec_start 0"),
        refusedVerity("6 use_fec_from_device $C fec_blocks 1034 fec_start 0"),
        refusedVerity("8 use_fec_from_device $C fec_roots 2 fec_blocks 1032 fec_start 0"),
        refusedVerity("8 use_fec_from_device $C fec_roots 1 fec_blocks 1034 fec_start 0"),
        refusedVerity("8 use_fec_from_device $C fec_roots 25 fec_blocks 1034 fec_start 0"),
        refusedVerityLine(
            "0 8192 verity 1 $A $B 4096 512 1024 1 sha256 \(root) 00 8 use_fec_from_device $C fec_roots 2 fec_blocks 1134 fec_start 0"),

        .differs(verityLine, kernel: .refused, ours: .taken, because: "a table does not say whether its device is read-only"),
        .differs(
            "0 8192 verity 1 $A $B 8192 4096 1024 1 sha256 \(root) 00", kernel: .refused, ours: .taken,
            because: "the largest data block is a page of the machine, and there are pages of 64 KiB", isReadOnly: true),
        .differs(
            "\(verityLine) 4 fec_roots 2 fec_blocks 1034", kernel: .taken, ours: .refused,
            because: "the kernel forgets numbers of parity without its device; whoever wrote them wants parity", isReadOnly: true),
        .differs(
            "\(verityLine) 8 use_fec_from_device $C fec_roots 258 fec_blocks 1034 fec_start 0", kernel: .taken, ours: .refused,
            because: "the kernel leaves out what does not fit 8 bits", isReadOnly: true),
        .differs(
            "\(verityLine) 0 ignore_corruption", kernel: .taken, ours: .refused,
            because: "the kernel passes over options that are not counted; whoever wrote them wants them", isReadOnly: true),
        .differs(
            "\(verityLine) 2 root_hash_sig_key_desc nothing", kernel: .refused, ours: .taken,
            because: "whether the keyring has that key is found when the table is loaded", isReadOnly: true),
        .differs(
            "\(verityLine) 1 nothing", kernel: .refused, ours: .taken, because: "a newer kernel may have more options", isReadOnly: true),
        .differs(
            "0 8192 verity 1 $A $B 4096 4096 1024 1 SHA256 \(root) 00", kernel: .refused, ours: .taken,
            because: "the hashes that the machine has are found when the table is loaded", isReadOnly: true),
        .differs(
            "0 8192 verity 1 $A $B 4096 4096 1024 2040 sha256 \(root) 00", kernel: .refused, ours: .taken,
            because: "the size of the hash device is found when the table is loaded", isReadOnly: true),
        .differs(
            "0 8192 verity 1 $A $B 4096 4096 1024 1 sha256 \(root) 00\n8192 8 zero", kernel: .refused, ours: .taken,
            because: "that verity stands alone in its table is no rule of the line", isReadOnly: true),
    ]
}
