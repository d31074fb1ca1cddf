extension KernelCase {
    static let clone: [KernelCase] = [
        .taken("0 8192 clone $C $B $A 8"),
        .taken("0 16384 clone $c $b $a 64"),
        .taken("0 8192 clone $C $B $A 2097152"),
        .taken("0 100 clone $C $B $A 8"),
        .taken("0 8192 clone $C $B $A 8 0"),
        .taken("0 8192 clone $C $B $A 8 0 0"),
        .taken("0 8192 clone $C $B $A 8 1 no_hydration"),
        .taken("0 8192 clone $C $B $A 8 1 no_discard_passdown"),
        .taken("0 8192 clone $C $B $A 8 2 NO_discard_passdown No_hydration"),
        .taken("0 8192 clone $C $B $A 8 2 no_hydration no_hydration"),
        .taken("0 8192 clone $C $B $A 8 1 no_hydration 4 hydration_threshold 16 hydration_batch_size 32"),
        .taken("0 8192 clone $C $B $A 8 0 2 Hydration_batch_size 32"),
        .taken("0 8192 clone $C $B $A 8 0 2 hydration_threshold 0"),
        .taken("0 8192 clone $C $B $A 8 0 4 hydration_batch_size 32 hydration_batch_size 16"),
        .taken(
            "0 8192 clone $C $B $A 8 1 no_hydration",
            messages: [
                ("enable_hydration", nil), ("DISABLE_hydration", nil), ("hydration_threshold 16", nil), ("hydration_batch_size 4", nil),
                ("hydration_threshold 4294967295", nil), ("hydration_threshold 0", nil),
            ]),
        .refused("0 8192 clone $C $B $A"),
        .refused("0 8192 clone $C $B $A x"),
        .refused("0 8192 clone $C $B $A 4"),
        .refused("0 8192 clone $C $B $A 24"),
        .refused("0 8192 clone $C $B $A 4194304"),
        .refused("0 8192 clone $C $B $A 8 1"),
        .refused("0 8192 clone $C $B $A 8 x"),
        .refused("0 8192 clone $C $B $A 8 17"),
        .refused("0 8192 clone $C $B $A 8 0 1 hydration_threshold"),
        .refused("0 8192 clone $C $B $A 8 0 3 hydration_threshold 1 hydration_batch_size"),
        .refused("0 8192 clone $C $B $A 8 0 2 hydration_threshold x"),
        .refused("0 8192 clone $C $B $A 8 0 2 hydration_threshold 4294967296"),
        .refused("0 8192 clone $C $B $A 8 0 2 hydration_batch_size x"),
        .refused("0 8192 clone $C $B $A 8 0 2 hydration_batch_size"),
        .differs(
            "0 8192 clone $C $B $A 8 1 surprise", kernel: .refused, ours: .taken, because: "a word of a newer kernel is kept as it is"),
        .differs(
            "0 8192 clone $C $B $A 8 3 no_hydration no_hydration no_hydration", kernel: .refused, ours: .taken,
            because: "newer kernels may have more than two features"),
        .differs(
            "0 8192 clone $C $B $A 8 0 2 surprise 1", kernel: .refused, ours: .taken, because: "a word of a newer kernel is kept as it is"),
        .differs(
            "0 8192 clone $C $B $A 8 0 6 hydration_threshold 1 hydration_threshold 1 hydration_threshold 1", kernel: .refused, ours: .taken,
            because: "newer kernels may have more than two core arguments"),
        .differs(
            "0 8192 clone $C $B $A 8 0 0 surplus", kernel: .taken, ours: .refused,
            because: "the kernel passes over whatever follows the core arguments"),
    ]
}
