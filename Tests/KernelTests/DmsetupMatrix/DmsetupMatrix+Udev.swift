/// Scenes of ``DmsetupMatrix`` by themselves, for a machine where udev runs. Cookies are random: they are not printed.
extension DmsetupMatrix {
    /// `links`, for the shell: the links of a device, which have no order, a line each.
    static let linksFunction = #"links() { sed 's/^DEVLINKS=/& /' | tr ' ' '\n'; }"#

    static let udev = [udevCookies, udevNodes, udevRules, udevChanges, udevRemovals]

    private static let udevCookies = Scene(
        "udev: devices and cookies",
        #"""
        dmsetup create u1 --table '0 8 zero'
        ls -l /dev/mapper | awk 'NR > 1 {print $1, $3, $4, $9, $10, $11}' | grep -v control
        dmsetup create u2 --notable
        dmsetup load u2 --table '0 8 zero'
        dmsetup resume u2
        ls /dev/mapper
        dmsetup rename u2 u3
        ls /dev/mapper
        dmsetup create 'sp ace' --table '0 8 zero'
        ls /dev/mapper
        dmsetup udevcookies | wc -l
        c=$(dmsetup udevcreatecookie); echo ${#c}; dmsetup create --udevcookie $c u4 --table '0 8 zero'; dmsetup udevreleasecookie $c; ls /dev/mapper
        c=$(dmsetup udevcreatecookie); dmsetup udevcookies | awk 'NR > 1 {print $3, $4, $5, $6}'; dmsetup udevreleasecookie $c
        c=$(dmsetup udevcreatecookie); dmsetup create between --table '0 8 zero'; dmsetup remove between; dmsetup udevcookies | wc -l; dmsetup udevreleasecookie $c
        c=$(dmsetup udevcreatecookie); DM_UDEV_COOKIE=$c dmsetup remove u4; dmsetup udevreleasecookie $c; ls /dev/mapper
        c=$(dmsetup udevcreatecookie); dmsetup udevcomplete $c >/dev/null; echo $?; dmsetup udevcookies | awk 'NR > 1 {print $3}'; dmsetup udevcomplete_all -y
        c=$(dmsetup udevcreatecookie); dmsetup udevcomplete $c >/dev/null; dmsetup udevcomplete $c >/dev/null 2>&1; echo $?; dmsetup udevcomplete_all -y
        c=$(dmsetup udevcreatecookie); dmsetup udevcomplete_all -y 5; dmsetup udevcomplete_all -y
        dmsetup udevreleasecookie 0xd4d0001
        dmsetup udevreleasecookie 0x1
        dmsetup udevcomplete 0xd4d0001
        dmsetup create --udevcookie 0xd4d0001 u5 --table '0 8 zero'
        dmsetup create --noudevsync u6 --table '0 8 zero'
        settle; ls /dev/mapper
        dmsetup create --noudevrules u7 --table '0 8 zero'
        settle; ls /dev/mapper
        dmsetup create --verifyudev u8 --table '0 8 zero'
        DM_DISABLE_UDEV=1 dmsetup create u9 --table '0 8 zero'
        settle; ls /dev/mapper
        dmsetup create u10 --table '0 8 bogus'
        dmsetup remove -f u1
        dmsetup remove u3 'sp ace'
        dmsetup remove --retry u6 u7 u8
        DM_DISABLE_UDEV=1 dmsetup remove u9
        settle; ls /dev/mapper
        dmsetup ls
        dmsetup udevcookies
        """#)

    /// What is in /dev, and who makes it.
    private static let udevNodes = Scene(
        "udev: links and nodes",
        #"""
        dmsetup create a --table '0 2048 linear $LOOP 0'
        dmsetup create b --table '0 100 zero' -U 1 -G 2 -M 0640
        stat -Lc '%a %u %g %t:%T' /dev/mapper/a /dev/mapper/b
        dmsetup create early --addnodeoncreate --notable
        dmsetup create late --addnodeonresume --notable
        settle; ls /dev/mapper
        dmsetup load early --table '0 8 zero'
        dmsetup resume early
        stat -c '%A %N' /dev/mapper/* | grep -v control
        dmsetup create 'mix\x20ed name' --table '0 8 zero'
        dmsetup create 'my disk' --uuid 'LVM-some thing' --table '0 100 error'
        dmsetup create 'à' --table '0 8 zero'
        dmsetup create --manglename none 'none one' --table '0 8 zero'
        settle; ls /dev/mapper
        dmsetup remove --manglename none 'none one'
        dmsetup create 'sp ace/slash' --table '0 8 zero'
        dmsetup create numbered -m 77 --table '0 8 zero'
        dmsetup create numbered2 -j $MAJOR -m 78 --table '0 8 zero'
        dmsetup create ra --readahead 1024 --table '0 8 zero'
        dmsetup create ra2 --readahead +9 --table '0 8 zero'
        dmsetup create ra3 --readahead none --table '0 8 zero'
        dmsetup info -c --noheadings -o name,read_ahead,blkdevname
        dmsetup ls -o devname
        dmsetup ls -o blkdevname
        dmsetup ls --tree -o blkdevname,uuid
        dmsetup info -c -o all a b
        dmsetup info /dev/mapper/a
        dmsetup info mapper/b
        dmsetup info dm-0
        rm /dev/mapper/a; dmsetup mknodes a; stat -c '%A %N' /dev/mapper/a
        rm /dev/mapper/b; dmsetup mknodes; stat -c '%A %N' /dev/mapper/b
        dmsetup mknodes nope
        dmsetup mangle
        dmsetup mangle --manglename none 'my\x20disk'
        settle; ls /dev/mapper
        DM_UDEV_DISABLE_CHECKING=1 dmsetup create unchecked --table '0 8 zero'
        dmsetup create --concise 'c1,,,,0 8 zero;c2,uuid-c2,,ro,0 8 zero,8 8 error'
        stat -c '%A %N' /dev/mapper/* | grep -v control
        dmsetup remove_all
        settle; ls /dev/mapper
        """#)

    /// What udev's rules are told, and what they make of it.
    private static let udevRules = Scene(
        "udev: rules",
        #"""
        dmsetup create a --uuid LVM-abc --table '0 8 zero'
        udevadm info --query=property --name=/dev/mapper/a | grep -E '^(DM_|DEVLINKS|SYSTEMD_READY)' | links | sort
        dmsetup suspend a
        settle; udevadm info --query=property --name=/dev/mapper/a | grep -E '^(DM_|SYSTEMD_READY)' | sort
        dmsetup resume a
        settle; udevadm info --query=property --name=/dev/mapper/a | grep -E '^(DM_|SYSTEMD_READY)' | sort
        dmsetup create --noudevrules b --table '0 8 zero'
        settle; udevadm info --query=property --path=/sys/block/dm-1 | grep -E '^(DM_|DEVLINKS)' | links | sort
        dmsetup create --noudevsync c --table '0 8 zero'
        settle; udevadm info --query=property --name=/dev/mapper/c | grep -E '^(DM_|DEVLINKS)' | links | sort
        dmsetup create d --notable --uuid CRYPT-PLAIN-d
        settle; udevadm info --query=property --path=/sys/block/dm-3 | grep -E '^(DM_|DEVLINKS)' | links | sort
        dmsetup load d --table '0 8 zero'
        dmsetup resume --noudevrules d
        settle; udevadm info --query=property --path=/sys/block/dm-3 | grep -E '^(DM_|DEVLINKS)' | links | sort
        dmsetup create 'e f' --table '0 8 zero'
        udevadm info --query=property --path=/sys/block/dm-4 | grep -E '^(DM_|DEVLINKS)' | links | sort
        dmsetup udevflags 0x00400000
        dmsetup udevflags 0x00ff1234
        dmsetup udevflags 0x006f0000
        dmsetup splitname vg-lv--x-layer -o all
        c=$(dmsetup udevcreatecookie); dmsetup suspend a; dmsetup resume --udevcookie $c a; dmsetup udevreleasecookie $c; dmsetup udevcookies
        c=$(dmsetup udevcreatecookie); dmsetup remove --udevcookie $c b c; dmsetup udevreleasecookie $c; ls /dev/mapper
        c=$(dmsetup udevcreatecookie); dmsetup rename --udevcookie $c a g; dmsetup udevreleasecookie $c; ls /dev/mapper
        c=$(dmsetup udevcreatecookie); for i in 1 2 3; do dmsetup create --udevcookie $c m$i --table '0 8 zero'; done; dmsetup udevreleasecookie $c; ls /dev/mapper
        c=$(dmsetup udevcreatecookie); dmsetup create --udevcookie $c bad --table '0 8 bogus'; dmsetup udevreleasecookie $c; ls /dev/mapper
        c=$(dmsetup udevcreatecookie); dmsetup udevreleasecookie $c; dmsetup udevreleasecookie $c 2>&1 | sed 's/value [0-9]*/value C/; s/(.*)/(C)/'
        c=$(dmsetup udevcreatecookie); DM_UDEV_COOKIE=$c dmsetup udevreleasecookie; dmsetup udevcookies
        c=$(dmsetup udevcreatecookie); dmsetup info --udevcookie $c g; dmsetup udevreleasecookie $c
        c=$(dmsetup udevcreatecookie); echo n | dmsetup udevcomplete_all; dmsetup udevcookies | wc -l; echo y | dmsetup udevcomplete_all
        DM_UDEV_COOKIE=x dmsetup remove g
        ls /dev/mapper
        dmsetup remove_all
        settle; ls /dev/mapper
        """#)

    /// Devices that change while udev looks at them.
    private static let udevChanges = Scene(
        "udev: changes",
        #"""
        dmsetup create a --table '0 2048 linear $LOOP 0'
        dmsetup create over --table '0 8 linear /dev/mapper/a 0'
        dmsetup deps over
        dmsetup deps -o devname over
        dmsetup ls --tree
        dmsetup suspend a
        dmsetup info -c -o name,suspended,attr
        dmsetup resume a
        dmsetup load a --table '0 2048 zero'
        dmsetup resume a
        dmsetup table
        dmsetup status
        dmsetup clear a
        dmsetup rename over 'ov er'
        ls /dev/mapper
        dmsetup rename 'ov er' a
        dmsetup rename 'ov er' over
        dmsetup rename over over
        dmsetup rename nope x
        dmsetup rename --setuuid over u-1
        dmsetup rename --setuuid over u-2
        dmsetup info over
        dmsetup rename -u u-1 above
        stat -c '%A %N' /dev/mapper/* | grep -v control
        udevadm info --query=property --name=/dev/mapper/above | grep -E '^(DM_NAME|DM_UUID|DEVLINKS)' | links | sort
        dmsetup create never --notable
        dmsetup rename never ever
        dmsetup load ever --table '0 8 zero'
        dmsetup resume ever
        ls /dev/mapper
        dmsetup message a 0 @stats_list
        dmsetup setgeometry a 1 2 3 4
        dmsetup wipe_table ever
        dmsetup table ever
        dmsetup create a --table '0 8 zero'
        dmsetup create x --table '0 8 linear /dev/nonexistent 0'
        dmsetup create x -u u-1 --table '0 8 zero'
        dmsetup create x --table '0 9999 linear $LOOP 0'
        settle; ls /dev/mapper
        """#)

    /// Devices that go, with somebody who has them open.
    private static let udevRemovals = Scene(
        "udev: removals",
        #"""
        dmsetup remove a
        dmsetup remove nope
        dmsetup remove --deferred a
        dmsetup info -c -o name,attr
        dmsetup message a 0 @cancel_deferred_remove
        dmsetup info -c -o name,attr
        ls /dev/mapper
        dmsetup remove above a
        ls /dev/mapper
        dmsetup remove -f ever
        dmsetup create a --table '0 8 zero'
        sh -c 'exec 3</dev/mapper/a; dmsetup remove a; dmsetup remove --retry a; dmsetup remove -f a; dmsetup table; dmsetup remove --deferred a; dmsetup info -c -o name,attr a'
        settle; dmsetup ls; ls /dev/mapper
        dmsetup create --noudevsync b --table '0 8 zero'
        dmsetup remove --noudevsync --retry b
        settle; dmsetup ls; ls /dev/mapper
        dmsetup create --noudevrules c --table '0 8 zero'
        dmsetup remove --noudevrules --retry c
        settle; dmsetup ls; ls /dev/mapper
        dmsetup create under --table '0 8 zero'
        dmsetup create over --table '0 8 linear /dev/mapper/under 0'
        dmsetup remove -u nope
        dmsetup remove -S 'name=over'
        dmsetup remove_all --deferred
        settle; dmsetup ls; ls /dev/mapper
        dmsetup udevcookies
        """#)
}
