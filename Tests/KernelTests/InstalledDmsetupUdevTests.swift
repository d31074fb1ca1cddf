import Foundation
import Testing
import VolumeLaws

extension InTheLab {
    /// Our command as `/usr/sbin/dmsetup`, which udev's rules and people call. Only where the lab runs udevd.
    struct InstalledDmsetupUdevTests {
        private static let installed = "/usr/sbin/dmsetup"

        /// Puts ours in the real one's place, with a list of its calls, while `body` runs. What the guest writes is lost at its end.
        private func installed(_ directory: GuestDirectory, _ body: () throws -> Void) throws -> [String] {
            let calls = try directory.file("calls", [])
            let real = directory("real")
            try FileManager.default.moveItem(atPath: Self.installed, toPath: real)
            defer {
                _ = try? FileManager.default.removeItem(atPath: Self.installed)
                #expect(throws: Never.self) { try FileManager.default.moveItem(atPath: real, toPath: Self.installed) }
            }
            let script = "#!/bin/bash\necho \"$1\" >>\(calls)\nexec -a dmsetup \(DmsetupProgram.ours) \"$@\"\n"
            #expect(
                FileManager.default.createFile(atPath: Self.installed, contents: Data(script.utf8), attributes: [.posixPermissions: 0o755]))
            try body()
            return try String(contentsOfFile: calls, encoding: .utf8).split(separator: "\n").map(String.init)
        }

        @Test func udevAndLVMAndCryptsetupAreServed() throws {
            let daemon = try UdevDaemonProcess()
            let directory = try GuestDirectory()
            let disks = try ["a", "b"].map { try directory.file($0, [UInt8](repeating: 0, count: 64 << 20)) }
            let key = try directory.file("key", [UInt8](repeating: 1, count: 32))
            let calls = try KernelDevices.withLoops(disks) { loops in
                try installed(directory) {
                    let prelude = "\(UdevDaemonProcess.settleFunction)\nset -eo pipefail\nA=\(loops[0].path) B=\(loops[1].path) K=\(key)\n"
                    func run(_ script: String) throws { try HostCommand("bash", package: "bash").run("-c", prelude + script) }
                    let luks = "cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000"
                    try run(
                        """
                        vgcreate -q one $A; lvcreate -qn vol -L 16M one
                        lvchange -an one/vol; [ ! -e /dev/one/vol ]; lvchange -ay one/vol; [ -b /dev/one/vol ]
                        dmsetup info -c --noheadings -o name one-vol | grep -qx one-vol
                        \(luks) $B $K; cryptsetup open --key-file $K $B secret; [ -L /dev/mapper/secret ]; cryptsetup close secret
                        blkdeactivate; [ ! -e /dev/mapper/one-vol ]
                        lvremove -qfy one/vol; vgremove -qf one; pvremove -q $A
                        """)
                    try daemon.settle()
                    // On a device that our command made; LVM finds its label there and not on the disk below.
                    try run(
                        """
                        dmsetup create mine --table "0 65536 linear $A 2048"; [ -L /dev/mapper/mine ]
                        pvcreate -qqy /dev/mapper/mine; vgcreate -q two /dev/mapper/mine; lvcreate -qyn vol -L 8M two; mkfs.ext4 -q /dev/two/vol
                        lvremove -qfy two/vol; vgremove -q two; pvremove -q /dev/mapper/mine
                        \(luks) /dev/mapper/mine $K; cryptsetup open --key-file $K /dev/mapper/mine secret; cryptsetup close secret
                        settle
                        dmsetup remove --retry mine; [ ! -e /dev/mapper/mine ]
                        """)
                }
            }
            try daemon.settle()
            try Leftovers.expectNone()
            let counts = Dictionary(calls.map { ($0, 1) }, uniquingKeysWith: +)
            print("dmsetup was called: \(counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
            // udev's rules call these for each event.
            for verb in ["udevflags", "udevcomplete", "splitname"] { #expect(counts[verb, default: 0] > 0, "\(verb): \(counts)") }
        }
    }
}
