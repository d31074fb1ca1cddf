extension KernelCase {
    static let snapshot: [KernelCase] = [
        .taken("0 8192 snapshot $A $B P 16"),
        .taken("0 8192 snapshot $A $B p 16"),
        .taken("0 8192 snapshot $a $b PO 16"),
        .taken("0 8192 snapshot $A $B po 16"),
        .taken("0 8192 snapshot $A $B N 16"),
        .taken("0 8192 snapshot $A $B n 16"),
        .taken("0 8192 snapshot $A $B P 0"),
        .taken("0 8192 snapshot $A $B PO 1"),
        .taken("0 8192 snapshot $A $B N 1"),
        .taken("0 8192 snapshot $A $B P 1024"),
        .taken("0 8192 snapshot $A $B N 2097152"),
        .taken("0 8192 snapshot $A $B P 16 0"),
        .taken("0 8192 snapshot $A $B P 16 1 discard_zeroes_cow"),
        .taken("0 8192 snapshot $A $B PO 8 2 discard_zeroes_cow discard_passdown_origin"),
        .taken("0 8192 snapshot $A $B P 16 2 DISCARD_passdown_origin Discard_Zeroes_cow"),
        .taken("0 8192 snapshot $A $B P 16 2 discard_zeroes_cow discard_zeroes_cow"),
        .taken("0 8192 snapshot $A $B N 16 1 discard_zeroes_cow"),
        .refused("0 8192 snapshot $A $B P"),
        .refused("0 8192 snapshot $A $A P 16"),
        .refused("0 8192 snapshot $A $B X 16"),
        .refused("0 8192 snapshot $A $B PX 16"),
        .refused("0 8192 snapshot $A $B P x"),
        .refused("0 8192 snapshot $A $B P 12"),
        .refused("0 8192 snapshot $A $B N 4194304"),
        .refused("0 8192 snapshot $A $B P 4294967296"),
        .refused("0 8192 snapshot $A $B P 16 x"),
        .refused("0 8192 snapshot $A $B P 16 17"),
        .refused("0 8192 snapshot $A $B P 16 2 discard_zeroes_cow"),
        .refused("0 8192 snapshot $A $B P 16 1 discard_passdown_origin"),
        .differs(
            "0 8192 snapshot $A $B N 0", kernel: .refused, ours: .taken,
            because: "a kernel prints this for a snapshot that is to take over the chunks of an active one, and takes it for one"),
        // Not tried: a persistent store's chunk of 1 GiB, for which the kernel wants as much memory.
        .differs(
            "0 8192 snapshot $A $B POxyz 16", kernel: .taken, ours: .refused,
            because: "the kernel reads no letter behind PO and prints none"),
        .differs(
            "0 8192 snapshot $A $B Nxyz 16", kernel: .taken, ours: .refused, because: "the kernel reads no letter behind N and prints none"),
        .differs("0 8192 snapshot $A $B P +16", kernel: .taken, ours: .refused, because: "numbers have no sign here"),
        .differs(
            "0 8192 snapshot $A $B P 16 0 surplus", kernel: .taken, ours: .refused,
            because: "the kernel passes over whatever follows the features"),
        .differs(
            "0 8192 snapshot $A $B P 16 1 surprise", kernel: .refused, ours: .taken, because: "a word of a newer kernel is kept as it is"),
        .differs(
            "0 8192 snapshot $A $B P 16 3 discard_zeroes_cow discard_zeroes_cow discard_zeroes_cow", kernel: .refused, ours: .taken,
            because: "newer kernels may have more than two features"),
    ]

    static let snapshotOrigin: [KernelCase] = [
        .taken("0 8192 snapshot-origin $A"),
        .taken("0 16384 snapshot-origin $A"),
        .taken("0 8 snapshot-origin $b"),
        .refused("0 8192 snapshot-origin"),
        .refused("0 8192 snapshot-origin $A 0"),
    ]
}
