/// Scenes of ``DmsetupMatrix``.
extension DmsetupMatrix {
    /// Tables that are loaded, devices that are suspended and resumed.
    static let states = Scene(
        "suspend, resume, load, clear",
        #"""
        dmsetup suspend a
        dmsetup info -c -o name,attr a
        dmsetup suspend a
        dmsetup resume a
        dmsetup suspend --noflush a b
        dmsetup resume --noflush --nolockfs a b
        dmsetup suspend --nolockfs -v b
        dmsetup resume -v b
        dmsetup suspend
        dmsetup resume
        dmsetup suspend nope
        dmsetup resume nope
        dmsetup suspend a nope b
        dmsetup resume a b
        dmsetup suspend -S name=b
        dmsetup info -c -o name,suspended -S suspended=Suspended
        dmsetup resume -S name=b
        dmsetup suspend --checks vg-lv--x-layer
        dmsetup resume vg-lv--x-layer
        dmsetup resume --readahead 64 b
        dmsetup info b
        dmsetup reload b --table '0 200 zero'
        dmsetup info b
        dmsetup table --inactive b
        dmsetup table b
        dmsetup status --inactive b
        dmsetup info -c -o name,tables_loaded,segments --inactive b
        dmsetup clear b
        dmsetup info -c -o name,attr b
        dmsetup clear b
        dmsetup clear nope
        dmsetup clear
        echo '0 200 zero' | dmsetup load b
        dmsetup load b /run/file.table
        dmsetup load -v b --table '0 8 error'
        dmsetup resume b
        dmsetup table b
        dmsetup load -r b --table '0 8 zero'
        dmsetup resume b
        dmsetup info b
        dmsetup load -u uuid2 --table '0 8 zero'
        dmsetup load -u uuid2 /run/file.table
        dmsetup load -u uuid2 x y
        dmsetup load -j $MAJOR -m 0 --table '0 8 zero'
        dmsetup clear a
        dmsetup load
        dmsetup load b --notable
        dmsetup load b x y
        dmsetup load nope --table '0 8 zero'
        dmsetup load b --table '0 8 bogus'
        dmsetup load b --table 'x'
        dmsetup load b /nonexistent
        echo | dmsetup load b
        dmsetup resume notable
        ls /dev/mapper
        dmsetup table notable
        dmsetup load notable --table '0 16 zero'
        dmsetup resume notable
        ls /dev/mapper
        """#)

    /// Events.
    static let wait = Scene(
        "wait",
        #"""
        dmsetup wait a 99
        dmsetup wait a 99 -v
        dmsetup wait
        dmsetup wait nope
        dmsetup wait -u LVM-abc 5
        """#)

    /// Messages and geometries.
    static let messages = Scene(
        "message, geometry",
        #"""
        dmsetup create f --table '0 8 striped 1 8 $LOOP 0'
        dmsetup message a 0 hi
        dmsetup create tableless --notable
        dmsetup message tableless 0 hi
        dmsetup remove tableless
        dmsetup message a x hi
        dmsetup message a -1 hi
        dmsetup message a 0x0 hi
        dmsetup message a
        dmsetup message nope 0 hi
        dmsetup message a 0 @cancel_deferred_remove
        dmsetup message a 0 @stats_list
        dmsetup message a 0 @stats_create - /1
        dmsetup message a 0 @stats_list
        dmsetup message a 0 @stats_print 0
        dmsetup message a 0 @stats_delete 0
        dmsetup message -u LVM-abc 0 @stats_list
        dmsetup message -u LVM-abc 0
        dmsetup message -j $MAJOR -m 0 0 @stats_list
        dmsetup message a 99999 hi
        dmsetup setgeometry a 1 2 3 4
        dmsetup setgeometry a 1 2 3
        dmsetup setgeometry a 99999 2 3 4
        dmsetup setgeometry a x 2 3 4
        dmsetup setgeometry nope 1 2 3 4
        dmsetup setgeometry -u LVM-abc 1 2 3 4
        """#)

    /// Names that change.
    static let rename = Scene(
        "rename",
        #"""
        dmsetup rename f g
        ls /dev/mapper
        dmsetup rename g 'g h'
        ls /dev/mapper
        dmsetup rename 'g h' a
        dmsetup rename 'g h' a/b
        dmsetup rename 'g h' ''
        dmsetup rename 'g h' 'g\x20h'
        dmsetup rename nope x
        dmsetup rename x
        dmsetup rename
        dmsetup rename a b c
        dmsetup rename -u LVM-abc renamed
        dmsetup rename renamed vg-lv--x-layer
        dmsetup rename --setuuid 'g h' u-1
        dmsetup rename --setuuid 'g h' u-2
        dmsetup info 'g h'
        dmsetup rename --setuuid nope u-3
        dmsetup rename --setuuid b 'twice\x5cx'
        dmsetup rename b 'twice\x5cx'
        dmsetup rename b 'mix\x20 ed'
        dmsetup rename b aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
        dmsetup rename -j $MAJOR -m 1 bb
        dmsetup rename bb b
        """#)

    /// Names in other modes, and nodes.
    static let namesAndNodes = Scene(
        "mangle, mknodes",
        #"""
        dmsetup mangle
        dmsetup mangle a
        dmsetup mangle nope
        dmsetup mangle --manglename none 'my\x20disk'
        dmsetup mangle --manglename hex a
        dmsetup mangle --manglename none 'g\x20h'
        ls /dev/mapper
        dmsetup ls --manglename none
        dmsetup ls
        dmsetup mangle 'g h'
        dmsetup ls
        rm /dev/mapper/a; dmsetup mknodes; ls /dev/mapper
        rm /dev/mapper/b; dmsetup mknodes b; ls /dev/mapper
        dmsetup mknodes nope
        touch /dev/mapper/junk; dmsetup mknodes junk; ls /dev/mapper
        touch /dev/mapper/junk2; dmsetup create junk2 --table '0 8 zero'; rm -f /dev/mapper/junk2; dmsetup mknodes junk2
        mknod /dev/mapper/stale b $MAJOR 200; dmsetup mknodes; ls /dev/mapper
        """#)

    /// Devices that go.
    static let remove = Scene(
        "remove",
        #"""
        dmsetup remove b
        dmsetup remove b
        dmsetup remove
        dmsetup remove nope
        dmsetup remove a
        dmsetup remove --deferred a
        dmsetup info a
        dmsetup message a 0 @cancel_deferred_remove
        dmsetup info -c -o name,attr a
        dmsetup wipe_table vg-lv--x-layer
        dmsetup table vg-lv--x-layer
        dmsetup wipe_table
        dmsetup wipe_table nope
        dmsetup wipe_table -f --noflush --nolockfs commented
        dmsetup remove --force vg-lv--x-layer a
        dmsetup remove --force nope
        dmsetup remove --retry commented
        dmsetup remove stdin fromfile ro
        dmsetup remove -u uuid2
        dmsetup remove -j $MAJOR -m 77
        dmsetup remove 'my disk' nope ra
        dmsetup remove -S 'name=~^c[0-9]'
        dmsetup remove -S name=nope
        dmsetup remove_all x 2>&1 | head -n 1
        dmsetup create under --table '0 8 zero'
        dmsetup create over --table '0 8 linear /dev/mapper/under 0'
        dmsetup remove_all
        dmsetup create under --table '0 8 zero'
        dmsetup create over --table '0 8 linear /dev/mapper/under 0'
        dmsetup remove_all --deferred
        dmsetup ls
        dmsetup create under --table '0 8 zero'
        dmsetup create over --table '0 8 linear /dev/mapper/under 0'
        sh -c 'exec 3</dev/mapper/over; dmsetup remove_all; dmsetup ls; dmsetup remove_all --force; dmsetup ls; dmsetup table'
        dmsetup remove_all
        ls /dev/mapper
        dmsetup ls
        """#)
}
