/// Scenes of ``DmsetupMatrix``.
extension DmsetupMatrix {
    /// On a machine without mapped devices.
    static let emptyMachine = Scene(
        "an empty machine",
        #"""
        dmsetup version
        dmsetup --version
        dmsetup ls
        dmsetup info
        dmsetup info -c
        dmsetup status
        dmsetup table
        dmsetup deps
        dmsetup ls --tree
        dmsetup mknodes
        dmsetup mangle
        dmsetup remove_all
        dmsetup table --concise
        dmsetup udevcookies
        """#)

    /// Devices that are made, for all scenes that follow.
    static let create = Scene(
        "create",
        #"""
        dmsetup create a --table '0 2048 linear $LOOP 0'
        dmsetup create b --table '0 100 zero'
        dmsetup create 'my disk' --uuid 'LVM-some thing' --table '0 100 error'
        dmsetup create vg-lv--x-layer --uuid LVM-abc --table '0 10 linear /dev/mapper/a 0'
        echo '0 64 zero' | dmsetup create stdin
        printf '# comment\n\n  0 64 zero  # with a comment\n\t64 64 error\n' | dmsetup create commented
        printf '0 64 zero' > /run/file.table; dmsetup create fromfile /run/file.table
        dmsetup create -r ro --table '0 64 zero'
        dmsetup create notable --notable
        dmsetup create notable2 -n -u uuid2
        dmsetup create mode --table '0 8 zero' -U 1 -G 2 -M 0640
        stat -c '%a %u %g %t:%T' /dev/mapper/mode /dev/mapper/a
        dmsetup create oncreate --addnodeoncreate --notable
        dmsetup create onresume --addnodeonresume --notable
        ls /dev/mapper
        dmsetup create ra --readahead 1024 --table '0 8 zero'
        dmsetup info -c --noheadings -o read_ahead ra
        dmsetup create ra2 --readahead +9 --table '0 8 zero'
        dmsetup create ra3 --readahead none --table '0 8 zero'
        dmsetup create ra4 --readahead auto --table '0 8 zero'
        dmsetup info -c --noheadings -o name,read_ahead
        dmsetup create numbered -j $MAJOR -m 77 --table '0 8 zero'
        dmsetup create numbered2 -j 9 -m 78 --table '0 8 zero'
        dmsetup create numbered3 -j $MAJOR -m 79 --notable
        dmsetup create -v verbose --table '0 8 zero'
        dmsetup create 'sp ace/slash' --table '0 8 zero'
        dmsetup create 'mix\x20ed name' --table '0 8 zero'
        dmsetup create 'twice\x5cx20' --table '0 8 zero'
        dmsetup create 'hex\x20' --manglename hex --table '0 8 zero'
        dmsetup ls
        dmsetup remove --manglename none 'hex\x5cx20'
        dmsetup create 'hex\x20' --table '0 8 zero'
        dmsetup create 'à' --table '0 8 zero'
        dmsetup create --manglename none 'none one' --table '0 8 zero'
        dmsetup ls --manglename none
        dmsetup ls
        dmsetup remove --manglename none 'none one'
        dmsetup ls
        dmsetup create aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --table '0 8 zero'
        dmsetup create '        aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' --table '0 8 zero'
        dmsetup create withuuid --uuid 'mix\x20ed uuid' --table '0 8 zero'
        dmsetup create control --table '0 8 zero'
        """#)

    /// What is refused when a device is made.
    static let createRefused = Scene(
        "create, refused",
        #"""
        dmsetup create
        dmsetup create a --table '0 8 zero'
        dmsetup create c --table '0 8 bogus'
        dmsetup create c --table x
        dmsetup create c --table '0 x zero'
        dmsetup create c --table '0 8'
        dmsetup create c --table '0 8 averyverylongtargetname'
        dmsetup create c --table '-1 8 zero'
        dmsetup create c --table '+0 99999999999999999999 zero'
        dmsetup create c --table "$(printf '0 8 zero\n8 8 x')"
        dmsetup create c --table '0 8 linear /dev/nonexistent 0'
        dmsetup create c --table '0 8 zero' --notable
        dmsetup create c /nonexistent
        dmsetup create c d e
        dmsetup create c -j $MAJOR --table '0 8 zero'
        dmsetup create c --uuid LVM-abc --table '0 8 zero'
        dmsetup create c -M 9 --table '0 8 zero'
        dmsetup create c -M 0 --table '0 8 zero'
        dmsetup create c --addnodeoncreate --addnodeonresume --notable
        dmsetup create c --readahead -5 --table '0 8 zero'
        dmsetup create c --manglename x --table '0 8 zero'
        dmsetup create c --udevcookie zero --table '0 8 zero'
        dmsetup remove c
        dmsetup create c -j $MAJOR -m 77 --table '0 8 zero'
        dmsetup create c --table '0 8 linear /dev/mapper/my\x20disk 0'
        dmsetup create c --table '0 8 linear /dev/mapper/my\ disk 0'
        """#)

    /// The concise form.
    static let concise = Scene(
        "concise",
        #"""
        dmsetup create --concise 'c1,,,,0 8 zero;c2,uuid-c2,,ro,0 8 zero,8 8 error'
        dmsetup create --concise 'c3, ,90,rw,0 8 zero;'
        dmsetup info c3
        dmsetup table --concise c1 c2 c3
        echo 'c4,,,,0 8 zero' | dmsetup create --concise
        printf 'c5,,,,0 8 zero;\nc6,,,,0 8 zero;\n' | dmsetup create --concise
        dmsetup create --concise 'c\,7,a\;b,,,0 8 zero'
        dmsetup table --concise 'c,7'
        dmsetup create --concise 'x'
        dmsetup create --concise ''
        dmsetup create --concise 'x,,,'
        dmsetup create --concise 'x,,;'
        dmsetup create --concise 'x,,,bad,0 8 zero'
        dmsetup create --concise 'x,,,,0 8 zero\'
        dmsetup create --concise 'x\'
        dmsetup create --concise 'x,,,,0 8 zer\o'
        dmsetup create --concise 'x,,,,0 8 zero,'
        dmsetup create --concise 'x,,,,bogus'
        dmsetup create --concise a b
        dmsetup create --concise --table '0 8 zero' a
        dmsetup create --concise --uuid x a
        dmsetup remove x
        dmsetup ls
        """#)

    /// Tables with keys.
    static let keys = Scene(
        "keys",
        #"""
        dmsetup create crypt --table '0 8 crypt aes-xts-plain64 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff 0 $LOOP 0'
        dmsetup table crypt
        dmsetup table --showkeys crypt
        dmsetup table --concise crypt
        dmsetup status crypt
        dmsetup message crypt 0 key wipe
        dmsetup suspend crypt
        dmsetup message crypt 0 key wipe
        dmsetup table crypt
        dmsetup remove --force crypt
        """#)
}
