extension KernelCase {
    static let era: [KernelCase] = [
        .taken("0 8192 era $B $A 128"),
        .taken("0 8192 era $b $a 8"),
        .taken("0 8192 era $B $A 24"),
        .taken("0 8192 era $B $A 16384"),
        .taken("0 8192 era $B $A 4294967288"),
        .taken("0 100 era $B $A 128"),
        .taken("0 8192 era $B $A 0128"),
        .taken(
            "0 8192 era $B $A 128",
            messages: [("checkpoint", nil), ("take_metadata_snap", nil), ("CHECKPOINT", nil), ("drop_metadata_snap", nil)]),
        .taken("0 8192 era $B $A 128", messages: [("take_metadata_snap", nil)]),
        .refused("0 8192 era $B $A"),
        .refused("0 8192 era $B $A x"),
        .refused("0 8192 era $B $A 0"),
        .refused("0 8192 era $B $A 4"),
        .refused("0 8192 era $B $A 12"),
        .refused("0 8192 era $B $A 128 x"),
        .differs(
            "0 8192 era $B $A 4294967304", kernel: .taken, ours: .refused, because: "the kernel keeps 32 bits of the block size, here 8"),
    ]
}
