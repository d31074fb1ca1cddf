/// Scenes of ``DmsetupMatrix``.
extension DmsetupMatrix {
    /// Lists and trees.
    static let list = Scene.questions(
        "ls",
        #"""
        dmsetup ls
        dmsetup ls -o devno
        dmsetup ls -o blkdevname
        dmsetup ls -o devname
        dmsetup ls -o dev
        dmsetup ls -o b
        dmsetup ls -o devno,blkdevname
        dmsetup ls -o bogus
        dmsetup ls --target zero
        dmsetup ls --target nothing
        dmsetup ls --target linear --exec 'echo x y'
        dmsetup ls --exec echo
        dmsetup ls --exec ' '
        dmsetup ls --exec /nonexistent
        dmsetup ls --exec echo -v --target linear
        dmsetup ls extra
        dmsetup ls --tree
        dmsetup ls --tree -o ascii
        dmsetup ls --tree -o utf
        dmsetup ls --tree -o vt100
        dmsetup ls --tree -o inverted
        dmsetup ls --tree -o compact
        dmsetup ls --tree -o compact,ascii
        dmsetup ls --tree -o compact,inverted
        dmsetup ls --tree -o uuid
        dmsetup ls --tree -o uuid,notrunc,active,rw,open,blkdevname
        dmsetup ls --tree -o uuid,active,rw,open,blkdevname
        dmsetup ls --tree -o nodevice
        dmsetup ls --tree -o nodevice,blkdevname
        dmsetup ls --tree -o nodevice,inverted
        dmsetup ls --tree -o status,table
        dmsetup ls --tree -o bogus
        dmsetup ls --tree -o a
        dmsetup ls -c
        """#)

    /// What devices use.
    static let dependencies = Scene.questions(
        "deps",
        #"""
        dmsetup deps
        dmsetup deps a
        dmsetup deps a b vg-lv--x-layer
        dmsetup deps -o blkdevname
        dmsetup deps -o devname
        dmsetup deps -o devno a
        dmsetup deps -v a
        dmsetup deps -v a b
        dmsetup deps nope
        dmsetup deps -u LVM-abc
        dmsetup deps -j $MAJOR -m 99
        dmsetup deps -S name=a
        dmsetup deps --inactive a
        """#)

    /// Statuses and tables.
    static let statusAndTable = Scene.questions(
        "status and table",
        #"""
        dmsetup status
        dmsetup status a
        dmsetup status a b
        dmsetup status a nope b
        dmsetup status -v a
        dmsetup status -v a b
        dmsetup status --target zero
        dmsetup status --target linear a b
        dmsetup status --noflush a
        dmsetup status -u LVM-abc
        dmsetup status -j $MAJOR -m 0
        dmsetup status notable
        dmsetup status nope
        dmsetup status -S 'name=a || name=b'
        dmsetup status --sort name a
        dmsetup status -c --sort name a
        dmsetup status -S name=a --sort name
        dmsetup status --exec echo --target linear
        dmsetup table
        dmsetup table a
        dmsetup table a b
        dmsetup table -v a
        dmsetup table --inactive a
        dmsetup table --target linear
        dmsetup table --concise
        dmsetup table --concise a
        dmsetup table --concise a b
        dmsetup table --concise commented
        dmsetup table --concise notable
        dmsetup table --concise -v a
        dmsetup table nope
        dmsetup table -S minor=0
        dmsetup table a -o name
        dmsetup measure
        dmsetup measure a
        dmsetup measure nope
        """#)

    /// The kernel's targets.
    static let targets = Scene(
        "targets",
        #"""
        dmsetup targets
        dmsetup target-version linear
        dmsetup target-version linear zero
        dmsetup target-version nope
        dmsetup target-version
        dmsetup target-version averyverylongtargetname
        """#)
}
