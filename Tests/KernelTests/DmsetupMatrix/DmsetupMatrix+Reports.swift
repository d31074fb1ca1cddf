/// Scenes of ``DmsetupMatrix``.
extension DmsetupMatrix {
    /// What is known of devices, at length and in reports.
    static let info = Scene.questions(
        "info",
        #"""
        dmsetup info
        dmsetup info a
        dmsetup info a b
        dmsetup info -u LVM-abc
        dmsetup info -u 'LVM-some thing'
        dmsetup info -u none
        dmsetup info -j $MAJOR -m 0
        dmsetup info -j $MAJOR -m 99
        dmsetup info -j $MAJOR
        dmsetup info nope
        dmsetup info a nope b
        dmsetup info /dev/mapper/a
        dmsetup info mapper/a
        dmsetup info /dev/dm-1
        dmsetup info dm-1
        dmsetup info $LOOP
        dmsetup info /nonexistent/x
        dmsetup info x/y/z
        dmsetup info -v a
        dmsetup info --inactive a
        dmsetup info --noopencount a
        dmsetup info --checks a
        dmsetup info -c
        dmsetup info -C a
        dmsetup info --columns a b
        dmsetup info -c -o name
        dmsetup info -c -o name,uuid a
        dmsetup info -c -o +read_ahead a
        dmsetup info -c -o NAME,Read_Ahead,readahead a
        dmsetup info -c -o name_all a
        dmsetup info -c -o nameall a
        dmsetup info -c -o info_all
        dmsetup info -c -o deps_all
        dmsetup info -c -o tree_all
        dmsetup info -c -o splitname_all
        dmsetup info -c -o name,splitname_all,deps_all,tree_all,info_all
        dmsetup info -c -o all a
        dmsetup info -c -o name,all a
        dmsetup info -c -o name,,uuid a
        dmsetup info -c -o name, a
        dmsetup info -c -o '' a
        dmsetup info -c -o selected,name -S name=a
        dmsetup info -c -o name,blkdevname,attr,tables_loaded,suspended,readonly,devno
        dmsetup info -c -o devno,device_count,devs_used,devnos_used,blkdevs_used,device_ref_count,names_using_dev,devnos_using_dev
        dmsetup info -c --noheadings
        dmsetup info -c --noheadings --separator ' | '
        dmsetup info -c --separator ::
        dmsetup info -c --separator :: -o name,open,uuid
        dmsetup info -c --nameprefixes
        dmsetup info -c --nameprefixes --noheadings
        dmsetup info -c --nameprefixes --unquoted --noheadings a
        dmsetup info -c --nameprefixes --rows --noheadings a b
        dmsetup info -c --rows a b
        dmsetup info -c --rows --separator , -o name,major,minor a b
        dmsetup info -c --rows --noheadings -o name,major
        dmsetup info -c --unquoted a
        dmsetup info -c --unbuffered a b
        dmsetup info -c -O name
        dmsetup info -c -O -name
        dmsetup info -c --sort +name
        dmsetup info -c -O -minor -o name
        dmsetup info -c -O segments,-name -o name
        dmsetup info -c -O name,name a
        dmsetup info -c -O open -o name,open
        dmsetup info -c -O uuid,-minor -o name
        dmsetup info -c --count 1 a
        dmsetup info -c --count 2 a
        dmsetup info -c --count -1 a
        dmsetup info -c --interval 0 a
        dmsetup info -c -S name=a
        dmsetup info -c -S 'name=a || name=b'
        dmsetup info -c -S 'name=a#name=b'
        dmsetup info -c -S 'name=a && minor=0'
        dmsetup info -c -S 'name=a,minor=1'
        dmsetup info -c -S '!(name=a)' -o name
        dmsetup info -c -S '!(name=a || name=b) && minor<5' -o name
        dmsetup info -c -S '(name=a)' -o name
        dmsetup info -c -S 'name="my disk"' -o name
        dmsetup info -c -S "name='my disk'" -o name
        dmsetup info -c -S 'name!=a && minor<=3' -o name
        dmsetup info -c -S 'minor>=2 && minor<5' -o name
        dmsetup info -c -S 'minor>2,minor<5' -o name,minor
        dmsetup info -c -S 'name=~^vg' -o name
        dmsetup info -c -S 'name=~[ab]$' -o name
        dmsetup info -c -S 'name!~a' -o name
        dmsetup info -c -S 'name=~"^(a|b)$"' -o name
        dmsetup info -c -S 'name=~(^a$)' -o name
        dmsetup info -c -S 'name=~a.*c' -o name
        dmsetup info -c -S 'name=~ra[2-3]' -o name
        dmsetup info -c -S 'name=~[^a-z]' -o name
        dmsetup info -c -S 'name=~^ra[0-9]?$' -o name
        dmsetup info -c -S 'name=~o+' -o name
        dmsetup info -c -S 'name=~my\x20' -o name
        dmsetup info -c -S 'uuid=~.' -o name
        dmsetup info -c -S 'uuid=""' -o name
        dmsetup info -c -S uuid= -o name
        dmsetup info -c -S all -o name
        dmsetup info -c -S '' -o name
        dmsetup info -c -S 'readonly=Read-only' -o name
        dmsetup info -c -S 'names_using_dev=~vg' -o name
        dmsetup info -c -S 'device_count>0' -o name
        dmsetup info -c -S 'lv_layer=layer' -o name,vg_name
        dmsetup info -c -S 'minor=1.9' -o name
        dmsetup info -c -S 'minor=99' -o name
        dmsetup info -c -S 'minor = 1 ' -o name
        dmsetup info -c -S 'selected=1' -o name
        dmsetup info -c -S minor=18446744073709551616 -o name
        dmsetup info -c -S name=a b
        dmsetup info -S name=a
        """#)

    /// Reports that are refused.
    static let wrongSelections = Scene.questions(
        "selections that are wrong: what is behind the help",
        #"""
        dmsetup info -c -S 'name=a x'
        dmsetup info -c -S 'minor=a'
        dmsetup info -c -S 'minor=1%'
        dmsetup info -c -S 'minor=1k'
        dmsetup info -c -S 'minor=~1'
        dmsetup info -c -S '(name=a'
        dmsetup info -c -S '!name=a'
        dmsetup info -c -S '!(name=a'
        dmsetup info -c -S 'name="a'
        dmsetup info -c -S 'name=~"a'
        dmsetup info -c -S 'name=~'
        dmsetup info -c -S 'name=~(a'
        dmsetup info -c -S 'name=~"a("'
        dmsetup info -c -S 'name=~"a)"'
        dmsetup info -c -S 'name=~"a||b"'
        dmsetup info -c -S 'name=~[a'
        dmsetup info -c -S 'name=~*'
        dmsetup info -c -S '&&'
        dmsetup info -c -S 'name=a &&'
        dmsetup info -c -S '-'
        dmsetup info -c -S 'bogus=1' 2>&1 | tail -n 3
        dmsetup info -c -S 'help=1' 2>&1 | tail -n 3
        dmsetup info -c -S 'name' 2>&1 | tail -n 3
        dmsetup info -c -S 'name~a' 2>&1 | tail -n 3
        dmsetup info -c -S 'name>a' 2>&1 | tail -n 3
        dmsetup info -c -S 'name since a' 2>&1 | tail -n 3
        dmsetup info -c -o bogus 2>&1 | tail -n 2
        dmsetup info -c -o name,bogus 2>&1 | tail -n 2
        dmsetup info -c -O bogus 2>&1 | tail -n 2
        dmsetup info -c -O - 2>&1 | grep dm_report
        dmsetup info -c -o help 2>/dev/null
        dmsetup info -c -S help 2>/dev/null
        dmsetup info -c -o abcdefghijklmnopqrstuvwxyzabcdefghijkl 2>&1 | tail -n 1
        """#)

    /// The parts of names.
    static let splitName = Scene.questions(
        "splitname",
        #"""
        dmsetup splitname vg-lv--x-layer
        dmsetup splitname vg-lv
        dmsetup splitname vg
        dmsetup splitname vg--a-lv--b--c-la--yer-more
        dmsetup splitname vg-
        dmsetup splitname -- -lv
        dmsetup splitname vg-lv LVM
        dmsetup splitname vg-lv XYZ
        dmsetup splitname vg-lv LVM x
        dmsetup splitname
        dmsetup splitname vg-lv -o all
        dmsetup splitname vg-lv -o splitname_all
        dmsetup splitname vg-lv -o subsystem,lv_name
        dmsetup splitname vg-lv -o lvname --noheadings
        dmsetup splitname vg-lv --nameprefixes --noheadings --rows
        dmsetup splitname vg-lv -c -S vg_name=vg
        dmsetup splitname vg-lv -S vg_name=x
        dmsetup splitname vg-lv -o +subsystem
        """#)
}
