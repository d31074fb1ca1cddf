/// Targets that map sectors as they are, or not at all.
extension KernelCase {
    static let linear: [KernelCase] = [
        .taken("0 1024 linear $A 0"),
        .taken("0 1024 linear $a 15360"),
        .taken("0 8 linear $A 8\n8 1016 linear $B 0"),
        .refused("0 1024 linear $A"),
        .refused("0 1024 linear $A 0 0"),
        .refused("0 1024 linear $A -1"),
        .refused("0 1024 linear $A x"),
    ]

    static let striped: [KernelCase] = [
        .taken("0 1024 striped 2 16 $A 0 $B 8"),
        .taken("0 18 striped 2 3 $A 0 $B 8"),
        .taken("0 1024 striped 1 1024 $A 0"),
        .taken("0 4096 striped 4 128 $A 0 $B 0 $C 128 $D 0"),
        .refused("0 1024 striped 0 16"),
        .refused("0 1024 striped 2 0 $A 0 $B 0"),
        .refused("0 1024 striped 3 16 $A 0 $B 0 $C 0"),
        .refused("0 1000 striped 2 16 $A 0 $B 0"),
        .refused("0 1024 striped 2 16 $A 0"),
        .refused("0 1024 striped 2 16 $A 0 $B 0 $C 0"),
    ]

    static let zero: [KernelCase] = [
        .taken("0 1024 zero"),
        .taken("0 8 zero\n8 8 zero"),
        .refused("0 1024 zero $A"),
    ]

    static let error: [KernelCase] = [
        .taken("0 1024 error"),
        .taken("0 1024 error $A 0"),
        .differs(
            "0 1024 error $A", kernel: .taken, ours: .refused, because: "the kernel looks at its arguments only when there are two"),
    ]

    static let delay: [KernelCase] = [
        .taken("0 1024 delay $A 0 5"),
        .taken("0 1024 delay $A 8 0"),
        .taken("0 1024 delay $A 0 5 $B 8 7"),
        .taken("0 1024 delay $a 0 0 $B 0 1 $C 16 4294967"),
        .taken("0 1024 delay $A 0 1 $A 0 2 $A 0 3"),
        .refused("0 1024 delay $A 0"),
        .refused("0 1024 delay $A 0 5 $B"),
        .refused("0 1024 delay $A 0 5 $B 0"),
        .refused("0 1024 delay $A 0 5 $B 0 5 $C"),
        .refused("0 1024 delay $A 0 5 $B 0 5 $C 0 5 $D 0 5"),
        .refused("0 1024 delay $A x 5"),
        .refused("0 1024 delay $A 0 x"),
        .refused("0 1024 delay $A 0 -1"),
        .differs(
            "0 1024 delay $A 0 4294967296", kernel: .taken, ours: .refused,
            because: "the kernel leaves out what does not fit 32 bits: that is no delay, and nobody means it"),
    ]

    static let flakey: [KernelCase] = [
        .taken("0 1024 flakey $A 0 60 0"),
        .taken("0 1024 flakey $a 8 1 4294967294"),
        .taken("0 1024 flakey $A 0 60 1 0"),
        .taken("0 1024 flakey $A 0 60 1 1 drop_writes"),
        .taken("0 1024 flakey $A 0 60 1 1 ERROR_WRITES"),
        .taken("0 1024 flakey $A 0 60 1 5 corrupt_bio_byte 32 r 1 0"),
        .taken("0 1024 flakey $A 0 60 1 5 corrupt_bio_byte 1 W 255 32"),
        .taken("0 1024 flakey $A 0 60 1 6 corrupt_bio_byte 32 r 1 0 drop_writes"),
        .taken("0 1024 flakey $A 0 60 1 6 error_writes corrupt_bio_byte 4294967295 r 0 4294967295"),
        .taken("0 1024 flakey $A 0 60 1 1 error_reads", since: "6.12"),
        .taken("0 1024 flakey $A 0 60 1 2 error_writes error_reads", since: "6.12"),
        .taken("0 1024 flakey $A 0 60 1 2 random_read_corrupt 500000", since: "6.12"),
        .taken("0 1024 flakey $A 0 60 1 5 random_write_corrupt 1000000000 random_read_corrupt 1 error_reads", since: "6.12"),
        .refused("0 1024 flakey $A 0 60"),
        .refused("0 1024 flakey $A 0 0 0"),
        .refused("0 1024 flakey $A 0 4294967295 1"),
        .refused("0 1024 flakey $A x 60 1"),
        .refused("0 1024 flakey $A 0 60 1 drop_writes"),
        .refused("0 1024 flakey $A 0 60 1 2 drop_writes"),
        .refused("0 1024 flakey $A 0 60 1 2 drop_writes drop_writes"),
        .refused("0 1024 flakey $A 0 60 1 2 drop_writes error_writes"),
        .refused("0 1024 flakey $A 0 60 1 2 error_writes error_writes"),
        .refused("0 1024 flakey $A 0 60 1 5 corrupt_bio_byte 0 r 1 0"),
        .refused("0 1024 flakey $A 0 60 1 5 corrupt_bio_byte 1 x 1 0"),
        .refused("0 1024 flakey $A 0 60 1 5 corrupt_bio_byte 1 r 256 0"),
        .refused("0 1024 flakey $A 0 60 1 5 corrupt_bio_byte 1 r 1 x"),
        .refused("0 1024 flakey $A 0 60 1 6 drop_writes corrupt_bio_byte 1 w 1 0"),
        .refused("0 1024 flakey $A 0 60 1 6 corrupt_bio_byte 1 w 1 0 error_writes"),
        .refused("0 1024 flakey $A 0 60 1 2 random_read_corrupt 1000000001"),
        .differs(
            "0 1024 flakey $A 0 60 1 1 nothing", kernel: .refused, ours: .taken,
            because: "an option that a newer kernel may have is kept"),
    ]
}
