/// What `help` prints on standard error: what dmsetup's help tells, in words of our own.
extension Dmsetup {
    func showHelp() {
        showUsage()
        guard options(.columns) else { return }
        for line in DeviceReportFields(self).all.help(withKinds: false) + [" "] { output.warn(line) }
    }

    func showUsage() {
        output.warn(
            """
            Usage: dmsetup [OPTION...] VERB [OPERAND...]

            Options, which may stand anywhere:
                -h|--help [-c]   --version   -v   -f|--force   -y|--yes   --checks
                -c|-C|--columns   -o FIELDS   -O|--sort KEYS   -S|--select SELECTION
                --nameprefixes   --noheadings   --rows   --separator TEXT   --unquoted
                -r|--readonly   --noflush   --nolockfs   --inactive   --noopencount   --retry
                --manglename none|hex|auto   --readahead [+]SECTORS|auto|none
                --udevcookie COOKIE   --noudevrules   --noudevsync   --verifyudev

            Verbs:
            """)
        for verb in DmsetupVerb.all {
            for line in verb.usage.isEmpty ? [""] : verb.usage {
                let isContinuation = line.hasPrefix(" ")
                output.warn(isContinuation ? "        \(line)" : "    \(verb.name) \(line)")
            }
        }
        output.warn(
            """

            A DEVICE is a name, or a path of a device. A single one can be given as -u UUID or -j MAJOR -m MINOR instead.
            FIELDS and KEYS have commas between them; -o help lists them, -S help explains selections.
            DEVICES are NAME,UUID,MINOR,ro|rw,TABLE with a comma between lines of the table and a semicolon between devices;
            UUID, MINOR and the access may be left out. Without it they are read from standard input.
            OPTIONS of ls and deps are devno, blkdevname, devname; of ls --tree:
            ascii, utf, vt100, compact, inverted, notrunc, [no]device, blkdevname, active, open, rw, uuid.

            """)
    }
}
