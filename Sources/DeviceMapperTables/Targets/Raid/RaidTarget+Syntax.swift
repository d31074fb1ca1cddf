internal import StorageUnits

extension RaidTarget {
    public static let syntax = TargetSyntax(
        summary: "Spreads its sectors over several devices, with redundancy.",
        usage: "<type> <number of parameters> <chunk size> [<parameter>]... <number of members> (<metadata device|-> <data device|->)...",
        options: [
            .init(
                "<type>",
                "raid0, raid1, raid10, raid4, raid5_n, raid5_ls, raid5_rs, raid5_la, raid5_ra, raid6_zr, raid6_nr, raid6_nc, raid6_n_6, "
                    + "raid6_ls_6, raid6_rs_6, raid6_la_6 or raid6_ra_6; also raid10_near, raid10_offset and raid10_far, which are as raid10."
            ),
            .init("<chunk size>", "In sectors, a power of two from 8; RAID 1 ignores it. It counts as a parameter."),
            .init("- -", "Instead of devices: the member is missing."),
            .init("- <data device>", "A member without metadata. RAID 10 needs metadata on one member at least."),
            .init("sync", "Synchronizes everything as if the members were new. Not RAID 0, and RAID 10 does not start with it."),
            .init("nosync", "The members are in sync. Not RAID 0 and 6."),
            .init("rebuild <member>", "Rebuilds the member of that index, from 0. May be repeated. Not RAID 0, nor with sync or nosync."),
            .init("daemon_sleep <ms>", "How often the bitmap is cleaned up. Not RAID 0."),
            .init("min_recovery_rate <kB/s>", "The least speed of resynchronization for each member. Not RAID 0."),
            .init("max_recovery_rate <kB/s>", "The greatest speed of resynchronization for each member; 0 is no limit. Not RAID 0."),
            .init("write_mostly <member>", "Reads from that member only when no other is left. May be repeated. RAID 1."),
            .init("max_write_behind <sectors>", "How far write-mostly members may lag, 0 to 32767; printed in kB. RAID 1."),
            .init("stripe_cache <stripes>", "The size of the stripe cache, 17 to 32768. RAID 4, 5 and 6."),
            .init(
                "region_size <sectors>",
                "What a bit of the bitmap stands for: a power of two, from the chunk size to the length. Not RAID 0."),
            .init("raid10_copies <number>", "How many members hold a chunk; 2 without. RAID 10."),
            .init("raid10_format <near|far|offset>", "Where the copies lie; near without. RAID 10."),
            .init("raid10_use_near_sets", "With far and offset, copies rotate over all members. Kernels do not print it. RAID 10."),
            .init("delta_disks <+|-number>", "A reshape adds or removes so many members. Not RAID 0. Linux 4.8."),
            .init("data_offset <sectors>", "Where the data begins after a reshape: 0, or a multiple of 8 from 32. Linux 4.8."),
            .init("journal_dev <device>", "A journal of at least 8192 sectors, against half written stripes. RAID 4, 5 and 6. Linux 4.11."),
            .init(
                "journal_mode <writethrough|writeback>",
                "Behind journal_dev: whether a write is done on the members, or in the journal. Linux 4.12."),
        ],
        messages: [
            .init("idle", "Stops a resynchronization or a check."),
            .init("frozen", "Stops it, and lets none begin."),
            .init("resync", "Synchronizes the members."),
            .init("recover", "Rebuilds members that are not in sync."),
            .init("check", "Compares the members, and counts what differs."),
            .init("repair", "Compares the members, and makes them equal."),
        ],
        status: [
            .init("<type> <number of members>", "What the set is at the moment; RAID 10 by the layout that it has."),
            .init("<health>", "A letter for each member: A in sync, a alive but not in sync, D failed, - missing."),
            .init("<sectors done>/<sectors>", "How far the present action, or the first synchronization, has come."),
            .init(
                "<action> <mismatches>",
                "idle, frozen, reshape, resync, check, repair or recover, and the sectors that the last check found to differ. Since 1.5.0."
            ),
            .init("<data offset>", "Where the data begins on the data devices, in sectors. Since 1.9.0."),
            .init("<journal>", "A writes through, a writes back, D failed, - none. Since 1.10.0."),
        ],
        examples: [
            .init(length: 65536, "raid0 3 128 data_offset 8192 2 - /dev/sda - /dev/sdb"),
            .init(length: 65536, "raid1 2 0 sync 2 - 8:0 - 8:16"),
            .init(
                length: 65536,
                "raid1 13 0 daemon_sleep 1000 min_recovery_rate 20 max_recovery_rate 5000 write_mostly 1 max_write_behind 256 "
                    + "region_size 1024 2 8:1 8:2 8:17 8:18"),
            .init(length: 65536, "raid1 5 0 rebuild 1 rebuild 2 3 8:1 8:2 8:17 8:18 8:33 8:34"),
            .init(length: 65536, "raid4 4 128 nosync stripe_cache 512 3 - 8:2 - 8:18 - -"),
            .init(length: 65536, "raid5_ls 5 64 journal_dev 8:48 journal_mode writeback 3 8:1 8:2 8:17 8:18 8:33 8:34"),
            .init(length: 65536, "raid6_zr 3 64 delta_disks 1 4 8:1 8:2 8:17 8:18 8:33 8:34 8:49 8:50"),
            .init(
                length: 65536,
                "raid10 6 128 raid10_copies 2 raid10_format far raid10_use_near_sets 4 8:1 8:2 8:17 8:18 8:33 8:34 8:49 8:50"),
        ],
        messageExamples: Message.allCases.map(\.rawValue),
        statusExamples: [
            "raid6_zr 5 AAAAA 48/68 idle 10 20 -", "raid1 2 aa 10/20 resync 0 0 -", "raid1 3 AaA 2560/8192 recover 0 0 -",
            "raid5_ls 3 AA- 4096/4096 idle 0 0 -", "raid5_ra 3 ADA 4096/4096 frozen 0 0 a", "raid10_far 4 AAAA 6656/8184 check 8 0",
            "raid4 3 AAA 4096/4096 repair 0", "raid1 2 AA 16384/16384",
        ])
}
