extension KernelCase {
    static let unstriped: [KernelCase] = [
        .taken("0 8192 unstriped 2 128 0 $A 0"),
        .taken("0 8192 unstriped 2 128 1 $a 0"),
        .taken("0 8192 unstriped 1 8 0 $A 0"),
        .taken("0 8193 unstriped 3 3 1 $A 64"),
        .taken("0 8192 unstriped 2 8192 1 $A 8192"),
        .taken("0 16384 unstriped 4 16384 3 $A 0"),
        .taken("0 8192 unstriped 2147483647 8 2147483646 $A 0"),
        .taken("0 8192 unstriped 02 0128 00 $A 00"),
        .refused("0 8192 unstriped 0 8 0 $A 0"),
        .refused("0 8192 unstriped 4294967296 8 0 $A 0"),
        .refused("0 8192 unstriped 2 0 0 $A 0"),
        .refused("0 8192 unstriped 2 128 3 $A 0"),
        .refused("0 8192 unstriped 2 8 x $A 0"),
        .refused("0 8192 unstriped 2 8 0 $A x"),
        .refused("0 8192 unstriped 2 8 0 $A"),
        .refused("0 8192 unstriped 2 8 0 $A 0 x"),
        .refused("0 8192 unstriped 2 3 0 $A 0"),
        .refused("0 8192 unstriped 2 16384 0 $A 0"),
        .differs(
            "0 8192 unstriped 2 128 2 $A 0", kernel: .taken, ours: .refused, because: "of two stripes there is none with the number 2"),
        .differs(
            "0 8192 unstriped 1 8 5 $A 0", kernel: .taken, ours: .refused, because: "the kernel takes any number where there is one stripe"),
        .differs(
            "0 8192 unstriped 3000000000 8 0 $A 0", kernel: .taken, ours: .refused,
            because: "the kernel prints it as -1294967296, which nothing reads"),
    ]
}
