/// A scene of ``DmsetupMatrix`` by itself, for a machine where udev runs. Cookies are random: they are not printed.
extension DmsetupMatrix {
    static let udev = Scene(
        "udev",
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
        c=$(dmsetup udevcreatecookie); DM_UDEV_COOKIE=$c dmsetup remove u4; dmsetup udevreleasecookie $c; ls /dev/mapper
        c=$(dmsetup udevcreatecookie); dmsetup udevcomplete $c >/dev/null; echo $?; dmsetup udevcookies | awk 'NR > 1 {print $3}'; dmsetup udevcomplete_all -y
        c=$(dmsetup udevcreatecookie); dmsetup udevcomplete $c >/dev/null; dmsetup udevcomplete $c >/dev/null 2>&1; echo $?; dmsetup udevcomplete_all -y
        c=$(dmsetup udevcreatecookie); dmsetup udevcomplete_all -y 5; dmsetup udevcomplete_all -y
        dmsetup udevreleasecookie 0xd4d0001
        dmsetup udevreleasecookie 0x1
        dmsetup udevcomplete 0xd4d0001
        dmsetup create --udevcookie 0xd4d0001 u5 --table '0 8 zero'
        dmsetup create --noudevsync u6 --table '0 8 zero'
        udevadm settle; ls /dev/mapper
        dmsetup create --noudevrules u7 --table '0 8 zero'
        udevadm settle; ls /dev/mapper
        dmsetup create --verifyudev u8 --table '0 8 zero'
        DM_DISABLE_UDEV=1 dmsetup create u9 --table '0 8 zero'
        udevadm settle; ls /dev/mapper
        dmsetup create u10 --table '0 8 bogus'
        dmsetup remove -f u1
        dmsetup remove u3 'sp ace'
        dmsetup remove --retry u6 u7 u8
        DM_DISABLE_UDEV=1 dmsetup remove u9
        udevadm settle; ls /dev/mapper
        dmsetup ls
        dmsetup udevcookies
        """#)
}
