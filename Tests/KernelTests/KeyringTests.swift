import CShims
import DeviceMapper
import Glibc
import Testing
import VolumeLaws

extension InTheLab {
    /// A key that the kernel's keyring keeps gives the same bytes to the kernel and to a volume.
    struct KeyringTests {
        @Test func aUserKeyIsFoundByBoth() throws {
            var random = SeededGenerator(seed: 1)
            let key = random.bytes(64)
            // Not the process's keyring: it is this process that the kernel looks for the key in, but its threads come and go.
            let sessionKeyring = -3
            let id = unsafe shim_add_key("user", "kernel-tests", key, key.count, sessionKeyring)
            try #require(id >= 0, "cannot add a key: \(errno)")
            defer { _ = shim_unlink_key(id, sessionKeyring) }
            let directory = try GuestDirectory()
            let file = try directory.file("loop", [UInt8](repeating: 0, count: 65536))
            let plaintext = random.bytes(65536)
            func table(_ device: String) throws -> MappingTable {
                try MappingTable(parsing: "0 128 crypt aes-xts-plain64 :64:user:kernel-tests 0 \(device) 0")
            }
            try KernelDevices.withLoops([file]) { loops in
                try KernelDevices.withMapping(try table(loops[0].path)) { path in
                    #expect(try KernelDevices.table() == table(loops[0].number.description))
                    let device = try RawFile(path, O_RDWR)
                    try device.write(plaintext)
                    try device.synchronize()
                }
            }
            let volume = try Volume(table(file), opening: .files(.readOnly))
            #expect(difference(try volume.read(at: 0, count: plaintext.count), plaintext) == nil)
        }

        private func isMissing(_ description: String, in keyring: Keyring) -> Bool {
            do throws(MappingError) {
                _ = try keyring.find(.user, description)
                return false
            } catch {
                return error.code == .notFound
            }
        }

        /// The session's own, the user's, and the one that a session without its own has, which leads to the user's.
        @Test func eachKeyringIsTheOneThatItIsCalled() throws {
            let secret = SecretBytes(copying: unsafe [1, 2, 3].span.bytes)
            let session = try Keyring.session.add(.user, "kernel-tests:session", secret)
            let user = try Keyring.user.add(.user, "kernel-tests:user", secret)
            let userSession = try Keyring.userSession.add(.user, "kernel-tests:user-session", secret)
            #expect(try Keyring.session.find(.user, "kernel-tests:session") == session)
            #expect(try Keyring.user.find(.user, "kernel-tests:user") == user)
            #expect(try Keyring.userSession.find(.user, "kernel-tests:user-session") == userSession)
            #expect(try Keyring.userSession.find(.user, "kernel-tests:user") == user)
            #expect(isMissing("kernel-tests:user-session", in: .user))
            for keyring in [Keyring.user, .userSession, .process, .thread] { #expect(isMissing("kernel-tests:session", in: keyring)) }
            #expect(try session.read() == secret)

            try Keyring.session.unlink(session)
            try Keyring.user.unlink(user)
            try Keyring.userSession.unlink(userSession)
            #expect(isMissing("kernel-tests:session", in: .session))
            #expect(isMissing("kernel-tests:user", in: .user))
            #expect(isMissing("kernel-tests:user-session", in: .userSession))
        }
    }
}
