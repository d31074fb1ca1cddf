extension KernelCase {
    static let dust: [KernelCase] = [
        .taken("0 8192 dust $A 0 512"),
        .taken("0 8192 dust $a 0 1024"),
        .taken("0 8192 dust $A 3 512"),
        .taken("0 8192 dust $A 8192 4194304"),
        .taken("0 16384 dust $A 0 8388608"),
        .taken("0 12 dust $A 0 4096"),
        .taken(
            "0 8192 dust $A 0 512",
            messages: [
                ("listbadblocks", "No blocks in badblocklist"), ("countbadblocks", "countbadblocks: 0 badblock(s) found"),
                ("clearbadblocks", "dust_clear_badblocks: no badblocks found"), ("addbadblock 60", nil), ("addbadblock 67 4", nil),
                ("AddBadBlock 72 255", nil), ("addbadblock 5 0", nil), ("addbadblock 16384", nil),
                ("queryblock 60", "dust_query_block: block 60 found in badblocklist"),
                ("queryblock 61", "dust_query_block: block 61 not found in badblocklist"), ("listbadblocks", "5\n60\n67\n72\n16384\n"),
                ("countbadblocks", "countbadblocks: 5 badblock(s) found"), ("removebadblock 60", nil),
                ("clearbadblocks", "dust_clear_badblocks: badblocks cleared"),
            ]),
        .taken("0 8192 dust $A 0 512", messages: [("enable", nil), ("quiet", nil)]),
        .taken("0 8192 dust $A 0 512", messages: [("enable", nil), ("disable", nil), ("quiet", nil), ("QUIET", nil)]),
        .refused("0 8192 dust $A 0"),
        .refused("0 8192 dust $A x 512"),
        .refused("0 8192 dust $A 0 x"),
        .refused("0 8192 dust $A 0 0"),
        .refused("0 8192 dust $A 0 256"),
        .refused("0 8192 dust $A 0 768"),
        .refused("0 8192 dust $A 0 4294967296"),
        .refused("0 8192 dust $A 0 2147483648"),
        .refused("0 8192 dust $A 0 8388608"),
        .refused("0 8192 dust $A 0 512 x"),
    ]
}
