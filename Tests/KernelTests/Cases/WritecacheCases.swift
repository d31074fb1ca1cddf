extension KernelCase {
    /// Write caches: `$A` is the origin, `$B` the cache. None of them is `p`: Linux 6.1 stumbles over a null pointer where the cache is no
    /// persistent memory.
    static let writecache: [KernelCase] = [
        .taken(
            "0 16384 writecache s $A $B 4096 0",
            messages: [("flush", nil), ("flush_on_suspend", nil), ("clear_stats", nil), ("cleaner", nil), ("FLUSH", nil)]),
        .taken("0 16383 writecache s $A $B 512 2 start_sector 8"),
        .taken("0 16384 writecache s $A $B 1024 4 HIGH_watermark 60 low_watermark 40"),
        .taken("0 16384 writecache s $A $B 4096 4 high_watermark 100 low_watermark 100"),
        .taken("0 16384 writecache s $A $B 2048 2 writeback_jobs 0"),
        .taken("0 16384 writecache s $A $B 4096 2 writeback_jobs 4294967295"),
        .taken("0 16384 writecache s $A $B 4096 2 autocommit_blocks 4294967295"),
        .taken("0 16384 writecache s $A $B 4096 2 autocommit_time 3600000"),
        .taken("0 16384 writecache s $A $B 4096 4 max_age 1 max_age 86400000"),
        .taken("0 16384 writecache s $A $B 4096 2 metadata_only cleaner"),
        .taken("0 16384 writecache s $A $B 4096 2 pause_writeback 60000"),
        .taken(
            "0 16384 writecache S $A $B 4096 18 pause_writeback 1 metadata_only cleaner max_age 2 autocommit_time 3 autocommit_blocks 4 "
                + "writeback_jobs 5 low_watermark 6 high_watermark 7 start_sector 8"),

        .refused("0 16384 writecache s $A $B"),
        .refused("0 16384 writecache s $A $B 4096"),
        .refused("0 16384 writecache x $A $B 4096 0"),
        .refused("0 16384 writecache s $A $B 256 0"),
        .refused("0 16384 writecache s $A $B 8192 0"),
        .refused("0 16384 writecache s $A $B 1536 0"),
        .refused("0 16384 writecache s $A $B x 0"),
        .refused("0 16380 writecache s $A $B 4096 0"),
        .refused("0 16383 writecache s $A $B 1024 0"),
        .refused("0 16384 writecache s $A $B 4096 19 a"),
        .refused("0 16384 writecache s $A $B 4096 2 cleaner"),
        .refused("0 16384 writecache s $A $B 4096 1 writeback_jobs"),
        .refused("0 16384 writecache s $A $B 4096 2 writeback_jobs x"),
        .refused("0 16384 writecache s $A $B 4096 2 high_watermark 101"),
        .refused("0 16384 writecache s $A $B 4096 2 low_watermark 101"),
        .refused("0 16384 writecache s $A $B 4096 2 high_watermark 44"),
        .refused("0 16384 writecache s $A $B 4096 2 low_watermark 51"),
        .refused("0 16384 writecache s $A $B 4096 4 high_watermark 1 low_watermark 2"),
        .refused("0 16384 writecache s $A $B 4096 2 autocommit_time 3600001"),
        .refused("0 16384 writecache s $A $B 4096 2 max_age 86400001"),
        .refused("0 16384 writecache s $A $B 4096 2 pause_writeback 60001"),
        .refused("0 16384 writecache s $A $B 4096 1 fua"),
        .refused("0 16384 writecache s $A $B 4096 1 nofua"),

        .differs(
            "0 16384 writecache s $A $B 4096 2 writeback_jobs 4294967296", kernel: .taken, ours: .refused,
            because: "the kernel forgets all but 32 bits"),
        .differs(
            "0 16384 writecache s $A $B 4096 0 extra", kernel: .taken, ours: .refused,
            because: "the kernel passes over words behind the options"),
        .differs(
            "0 16384 writecache s $A $B 4096 1 bogus", kernel: .refused, ours: .taken,
            because: "options that we do not know may be those of newer kernels"),
        .differs(
            "0 16384 writecache s $A $B 4096 2 start_sector 16384", kernel: .refused, ours: .taken,
            because: "only the kernel knows the size of the cache"),
    ]
}
