extension KernelCase {
    static let `switch`: [KernelCase] = [
        .taken("0 8192 switch 2 128 0 $A 0 $B 0"),
        .taken("0 8192 switch 1 1 0 $a 0"),
        .taken("0 8192 switch 2 129 0 $A 0 $B 8"),
        .taken("0 8192 switch 2 4294967295 0 $A 0 $A 8192"),
        .taken("0 100 switch 3 7 0 $A 0 $B 16 $C 16284"),
        .taken("0 8192 switch 02 0128 00 $A 00 $B 0"),
        .taken(
            "0 8192 switch 2 128 0 $A 0 $B 0",
            messages: [
                ("set_region_mappings 0:1 :0 :1 R2,8", nil), ("SET_REGION_MAPPINGS :1", nil), ("set_region_mappings", nil),
                ("set_region_mappings r1,3", nil), ("set_region_mappings 3F:1", nil), ("set_region_mappings R1,0", nil),
                ("set_region_mappings 3e:0 R1,1", nil), ("set_region_mappings 00000000000000003:0001", nil),
            ]),
        .taken("0 8192 switch 3 1 0 $A 0 $B 0 $C 0", messages: [("set_region_mappings 0:2 R1,1fff", nil)]),
        .refused("0 8192 switch 0 8 0"),
        .refused("0 8192 switch 262142 8 0"),
        .refused("0 8192 switch 1 0 0 $A 0"),
        .refused("0 8192 switch 2 4294967296 0 $A 0 $A 8192"),
        .refused("0 8192 switch 1 8 1 x $A 0"),
        .refused("0 8192 switch 1 8"),
        .refused("0 8192 switch 1 8 0"),
        .refused("0 8192 switch 2 8 0 $A 0"),
        .refused("0 8192 switch 1 8 0 $A x"),
        .refused("0 8192 switch 1 8 0 $A 0 x"),
        .refused("0 8192 switch 1 8 0 $A 0 $B 0"),
    ]
}
