extension KernelCase {
    /// Pools: `$A` holds the metadata, `$B` the data.
    static let thinPool: [KernelCase] = [
        .taken("0 16384 thin-pool $A $B 128 0"),
        .taken("0 16384 thin-pool $A $B 128 0 0"),
        .taken("0 16384 thin-pool $A $B 384 18446744073709551615 0"),
        .taken("0 64 thin-pool $A $B 2097152 1 0"),
        .taken("0 16300 thin-pool $A $B 128 32 1 SKIP_block_zeroing"),
        .taken("0 16384 thin-pool $A $B 256 0 2 skip_block_zeroing skip_block_zeroing"),
        .taken("0 16384 thin-pool $A $B 256 0 1 ignore_discard"),
        .taken("0 16384 thin-pool $A $B 256 0 1 no_discard_passdown"),
        .taken("0 16384 thin-pool $A $B 256 0 1 error_if_no_space"),
        .taken("0 16384 thin-pool $A $B 256 0 4 error_if_no_space no_discard_passdown ignore_discard skip_block_zeroing"),
        .taken(
            "0 16384 thin-pool $A $B 128 0 0",
            messages: [
                ("create_thin 0", nil), ("CREATE_thin 16777215", nil), ("create_snap 1 0", nil), ("delete 1", nil),
                ("set_transaction_id 0 18446744073709551615", nil), ("reserve_metadata_snap", nil), ("release_metadata_snap", nil),
            ]),

        .refused("0 16384 thin-pool $A $B 128"),
        .refused("0 16384 thin-pool $A $A 128 0 0"),
        .refused("0 16384 thin-pool $A $B 0 0 0"),
        .refused("0 16384 thin-pool $A $B 64 0 0"),
        .refused("0 16384 thin-pool $A $B 192 0 0"),
        .refused("0 16384 thin-pool $A $B 2097280 0 0"),
        .refused("0 16384 thin-pool $A $B x 0 0"),
        .refused("0 16384 thin-pool $A $B 128 x 0"),
        .refused("0 16384 thin-pool $A $B 128 18446744073709551616 0"),
        .refused("0 16384 thin-pool $A $B 128 0 x"),
        .refused("0 16384 thin-pool $A $B 128 0 2 ignore_discard"),
        .refused("0 16384 thin-pool $A $B 128 0 5 skip_block_zeroing ignore_discard no_discard_passdown error_if_no_space read_only"),

        .differs(
            "0 16384 thin-pool $A $B 256 0 1 read_only", kernel: .refused, ours: .taken,
            because: "zeroed metadata would have to be formatted"),
        .differs(
            "0 16384 thin-pool $A $B 256 0 1 bogus", kernel: .refused, ours: .taken,
            because: "features that we do not know may be those of newer kernels"),
        .differs(
            "0 16384 thin-pool $A $B 256 0 0 extra", kernel: .taken, ours: .refused,
            because: "the kernel passes over words behind the features"),
        .differs(
            "0 8192 thin-pool $A $B 128 0 0\n8192 8192 error", kernel: .refused, ours: .taken,
            because: "a target sees its own line, and no other"),
    ]
}
