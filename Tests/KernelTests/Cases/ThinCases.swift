extension KernelCase {
    /// Thin devices of a pool on `$A` and `$B`.
    static let thin: [KernelCase] = {
        let pool = "0 16384 thin-pool $A $B 128 0 0"
        let create = ["create_thin 0"]
        return [
            .taken("0 16384 thin $below 0", below: pool, messagesBelow: create),
            .taken("0 100 thin $below 0", below: pool, messagesBelow: create),
            .taken("0 18014398509481983 thin $below 0", below: pool, messagesBelow: create),
            .taken("0 16384 thin $below 16777215", below: pool, messagesBelow: ["create_thin 16777215"]),
            .taken("0 16384 thin $below 1", below: pool, messagesBelow: ["create_thin 0", "create_snap 1 0"]),
            .taken("0 16384 thin $below 0 $C", below: pool, messagesBelow: create),
            .taken("0 16384 thin $below 0 $c", below: pool, messagesBelow: create),
            .taken("0 8192 thin $below 0\n8192 8192 error", below: pool, messagesBelow: create),

            .refused("0 16384 thin $below", below: pool, messagesBelow: create),
            .refused("0 16384 thin $below x", below: pool, messagesBelow: create),
            .refused("0 16384 thin $below 16777216", below: pool, messagesBelow: create),
            .refused("0 16384 thin $below 0 $below", below: pool, messagesBelow: create),
            .refused("0 16384 thin $below 0 $C extra", below: pool, messagesBelow: create),

            .differs(
                "0 16384 thin $below 1", kernel: .refused, ours: .taken, because: "only the pool knows which devices it has", below: pool,
                messagesBelow: create),
            .differs("0 16384 thin $C 0", kernel: .refused, ours: .taken, because: "only the kernel knows which device is a pool"),
        ]
    }()
}
