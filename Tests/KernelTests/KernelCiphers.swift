import DeviceMapper
import Testing
import VolumeLaws

/// The kernel's ciphers, with all their modules loaded.
///
/// A kernel loads the modules of a cipher when it is first asked for one, and may take the plain one for the first of several keys and a faster
/// one, which has come meanwhile, for the second. dm-crypt's requests are made for the first, and with the second never end, or worse
/// (seen on Linux 6.1 with `camellia:2-ecb`). So each cipher is used with one key before any is with several.
enum KernelCiphers {
    private static let loading = Result { try loadEach() }

    static func load() throws { try loading.get() }

    private static func loadEach() throws {
        let directory = try GuestDirectory()
        try KernelDevices.withLoops([try directory.file("ciphers", [UInt8](repeating: 0, count: 4096))]) { loops in
            for kind in RandomCipher.kinds {
                for mode in RandomCipher.modes(of: kind) {
                    let cipher = RandomCipher(
                        kind, mode: mode, iv: mode == "ecb" ? nil : .plain64, keyCount: 1, keySize: kind.keySizes[0], isForCryptoAPI: false)
                    let key = String(repeating: "5a", count: cipher.keySize)
                    let refusal = try KernelDevices.refusal(of: Array("0 8 crypt \(cipher.cipher) \(key) 0 \(loops[0].path) 0".utf8))
                    #expect(refusal == nil, "\(cipher.cipher)")
                }
            }
        }
    }
}
