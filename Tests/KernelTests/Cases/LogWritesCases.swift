extension KernelCase {
    static let logWrites: [KernelCase] = [
        .taken("0 8192 log-writes $A $B"),
        .taken("0 8 log-writes $a $b"),
        .taken("0 16384 log-writes $A $B"),
        .taken("0 8192 log-writes $A $B", messages: [("mark one", nil), (#"MARK two\ words"#, nil)]),
        .taken("0 8192 log-writes $A $B", messages: [("mark \(String(repeating: "x", count: 600))", nil)]),
        .refused("0 8192 log-writes"),
        .refused("0 8192 log-writes $A"),
        .differs(
            "0 8192 log-writes $A $B surplus", kernel: .taken, ours: .refused,
            because: "the kernel passes over whatever follows the devices"),
    ]
}
