/// Scenes of ``DmsetupMatrix``.
extension DmsetupMatrix {
    /// Cookies, where udev does not run.
    static let cookies = Scene(
        "udev cookies, without udev",
        #"""
        dmsetup udevflags 0x00ff1234
        dmsetup udevflags 0xffff0000
        dmsetup udevflags 1
        dmsetup udevflags 0
        dmsetup udevflags x
        dmsetup udevflags 99999999999
        dmsetup udevflags 0x1 0x2
        dmsetup udevflags
        dmsetup udevflags 020000000
        dmsetup udevflags -1
        dmsetup udevcreatecookie
        dmsetup udevreleasecookie
        dmsetup udevreleasecookie 0xd4d1234
        dmsetup udevreleasecookie x
        dmsetup udevcomplete 0xd4d1234
        dmsetup udevcomplete 0x600000
        dmsetup udevcomplete 0
        dmsetup udevcomplete
        dmsetup udevcookies
        dmsetup udevcookies x
        dmsetup udevcomplete_all -y
        dmsetup udevcomplete_all </dev/null
        echo n | dmsetup udevcomplete_all
        echo y | dmsetup udevcomplete_all 10
        printf 'x\nyes\n' | dmsetup udevcomplete_all
        dmsetup udevcomplete_all x
        dmsetup udevcomplete_all -y 5
        dmsetup --udevcookie 0xd4d0001 info b
        dmsetup --noudevsync --noudevrules --verifyudev suspend b
        dmsetup --noudevsync --noudevrules --verifyudev resume b
        """#)

    /// The command line itself, and the environment.
    static let commandLine = Scene(
        "the command line",
        #"""
        dmsetup 2>/dev/null
        dmsetup bogus 2>&1 | head -n 1
        dmsetup rename a 2>&1 | head -n 1
        dmsetup help 2>/dev/null
        dmsetup help x 2>&1 | head -n 1
        dmsetup -h 2>/dev/null
        dmsetup --help info 2>/dev/null
        dmsetup -h --bogus
        dmsetup --version --bogus
        dmsetup --no ls
        dmsetup --bogus ls
        dmsetup --bogus=1 ls
        dmsetup -Z ls
        dmsetup -vZ ls
        dmsetup -u
        dmsetup --uuid
        dmsetup --tab
        dmsetup --tre=x ls
        dmsetup --tre ls
        dmsetup --col info a
        dmsetup --m
        dmsetup --v ls
        dmsetup --verb x ls
        dmsetup --verbose x info a
        dmsetup --re ls
        dmsetup -oname -c info a
        dmsetup -co name info a
        dmsetup -cO-name -oname info
        dmsetup --options=name --columns info a
        dmsetup info a --columns --options name
        dmsetup info -c -- a
        dmsetup -- info a
        dmsetup info -- -c
        dmsetup info -
        POSIXLY_CORRECT=1 dmsetup info a -c
        POSIXLY_CORRECT=1 dmsetup -c info a
        dmsetup -c -c -c info a
        dmsetup -vc info a
        DM_DEFAULT_NAME_MANGLING_MODE=none dmsetup ls
        DM_DEFAULT_NAME_MANGLING_MODE=hex dmsetup info 'my disk'
        DM_DEFAULT_NAME_MANGLING_MODE=bogus dmsetup ls
        DM_DEV_DIR=relative dmsetup ls
        DM_UDEV_COOKIE=x dmsetup info b
        mkdir -p /run/dev; DM_DEV_DIR=/run/dev dmsetup create elsewhere --table '0 8 zero'; ls /run/dev/mapper /dev/mapper
        DM_DEV_DIR=/run/dev/ dmsetup remove elsewhere; ls /run/dev/mapper
        dmsetup message a 0 -- -x
        """#)
}
