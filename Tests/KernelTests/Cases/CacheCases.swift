extension KernelCase {
    /// Caches: `$A` holds the metadata, `$B` is the cache, `$C` the origin.
    static let cache: [KernelCase] = [
        .taken("0 16384 cache $A $B $C 128 0 smq 0"),
        .taken("0 16300 cache $A $B $C 128 2 metadata2 metadata2 smq 0"),
        .taken("0 64 cache $A $B $C 128 0 smq 4 migration_threshold 1 migration_threshold 2"),
        .taken("0 16384 cache $A $B $C 128 1 no_discard_passdown smq 2 migration_threshold 18446744073709551615"),
        .taken(
            "0 16384 cache $A $B $C 64 1 writeback default 0",
            messages: [("migration_threshold 4096", nil), ("MIGRATION_threshold 0", nil)]),
        .taken(
            "0 16384 cache $A $B $C 192 3 no_discard_passdown METADATA2 Writethrough mq 4 random_threshold 5 migration_threshold 100",
            messages: [("random_threshold 3", nil)]),
        .taken(
            "0 16384 cache $A $B $C 128 0 mq 10 RANDOM_threshold 18446744073709551615 sequential_threshold 512 "
                + "discard_promote_adjustment 1 read_promote_adjustment 4 write_promote_adjustment 8"),
        .taken(
            "0 16384 cache $A $B $C 128 1 passthrough cleaner 0",
            messages: [
                ("invalidate_cblocks", nil), ("invalidate_cblocks 1 3-5", nil), ("INVALIDATE_cblocks 1-2", nil),
                ("invalidate_cblocks 127-128", nil),
            ]),

        .refused("0 16384 cache $A $B $C"),
        .refused("0 16384 cache $A $B $C 128"),
        .refused("0 16384 cache $A $B $C 128 0"),
        .refused("0 16384 cache $A $B $C 128 0 smq"),
        .refused("0 16384 cache $A $B $C 32 0 smq 0"),
        .refused("0 16384 cache $A $B $C 96 0 smq 0"),
        .refused("0 16384 cache $A $B $C x 0 smq 0"),
        .refused("0 16384 cache $A $B $C 2097216 0 smq 0"),
        .refused("0 16384 cache $A $B $C 128 2 writeback writethrough smq 0"),
        .refused("0 16384 cache $A $B $C 128 2 writeback writeback smq 0"),
        .refused("0 16384 cache $A $B $C 128 4 writeback metadata2 no_discard_passdown metadata2 smq 0"),
        .refused("0 16384 cache $A $B $C 128 0 smq 1025"),
        .refused("0 16384 cache $A $B $C 128 0 smq 1 migration_threshold"),
        .refused("0 16384 cache $A $B $C 128 0 smq 2 migration_threshold"),
        .refused("0 16384 cache $A $B $C 128 0 smq 2 migration_threshold x"),
        .refused("0 16384 cache $A $B $C 128 0 smq 2 random_threshold 5"),
        .refused("0 16384 cache $A $B $C 128 0 cleaner 2 random_threshold 5"),
        .refused("0 16384 cache $A $B $C 128 0 default 2 random_threshold 5"),
        .refused("0 16384 cache $A $B $C 128 0 mq 2 bogus 5"),
        .refused("0 16384 cache $A $B $C 128 0 mq 2 random_threshold x"),

        .differs(
            "0 16384 cache $A $B $C 128 0 smq 0 extra", kernel: .taken, ours: .refused,
            because: "the kernel passes over words behind the policy"),
        .differs(
            "0 16384 cache $A $B $C 128 1 bogus smq 0", kernel: .refused, ours: .taken,
            because: "features that we do not know may be those of newer kernels"),
        .differs("0 16384 cache $A $B $C 128 0 nosuch 0", kernel: .refused, ours: .taken, because: "policies are modules of the kernel"),
        .differs("0 16384 cache $A $B $C 128 0 SMQ 0", kernel: .refused, ours: .taken, because: "policies are modules of the kernel"),
        .differs(
            "0 16384 cache $A $B $C 2097152 0 smq 0", kernel: .refused, ours: .taken, because: "only the kernel knows the size of the cache"
        ),
        .differs(
            "0 16385 cache $A $B $C 128 0 smq 0", kernel: .refused, ours: .taken, because: "only the kernel knows the size of the origin"),
    ]
}
