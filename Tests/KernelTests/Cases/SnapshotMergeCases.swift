extension KernelCase {
    static let snapshotMerge: [KernelCase] = [
        .taken("0 8192 snapshot-merge $A $B P 16"),
        .taken("0 8192 snapshot-merge $a $b po 0"),
        .taken("0 8192 snapshot-merge $A $B PO 8 1 discard_zeroes_cow"),
        .taken("0 8192 snapshot-merge $A $B PO 8 2 discard_zeroes_cow discard_passdown_origin"),
        .taken("0 8192 snapshot-merge $A $B PO 8 2 Discard_passdown_origin DISCARD_zeroes_cow"),
        .taken("0 16384 snapshot-merge $A $B P 1"),
        .taken("0 8192 snapshot-merge $A $B p 1024 0"),
        .taken("0 8192 snapshot-merge $A $B PO 32"),
        .refused("0 8192 snapshot-merge $A $B N 16"),
        .refused("0 8192 snapshot-merge $A $A P 16"),
        .refused("0 8192 snapshot-merge $A $B P"),
        .refused("0 8192 snapshot-merge $A $B P 12"),
        .refused("0 8192 snapshot-merge $A $B P 16 1 discard_passdown_origin"),
        .differs(
            "0 8192 snapshot-merge $A $B P 16 0 surplus", kernel: .taken, ours: .refused,
            because: "the kernel passes over whatever follows the features"),
        .differs(
            "0 8192 snapshot-merge $A $B P 16 1 surprise", kernel: .refused, ours: .taken,
            because: "a word of a newer kernel is kept as it is"),
    ]
}
