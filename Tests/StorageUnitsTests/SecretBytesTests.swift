import StorageUnits
import Testing
import VolumeLaws

@Suite struct SecretBytesTests {
    private func secret(_ bytes: [UInt8]) -> SecretBytes { unsafe SecretBytes(copying: bytes.span.bytes) }

    private func contents(_ secret: SecretBytes) -> [UInt8] {
        secret.withBytes { bytes in (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) } }
    }

    @Test("the bytes are those it was made of", arguments: [0, 1, 64, 4095, 4096, 4097, 100_000])
    func holds(_ count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let bytes = random.bytes(count)
        #expect(secret(bytes).count == count)
        #expect(contents(secret(bytes)) == bytes)
    }

    @Test("bytes are filled in place, from zeroes")
    func fills() {
        let secret = SecretBytes(count: 5) { bytes in
            #expect(bytes.byteCount == 5)
            for index in 0..<5 {
                let byte = unsafe bytes.bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                #expect(byte == 0)
            }
            bytes.storeBytes(of: 9, toByteOffset: 3, as: UInt8.self)
        }
        #expect(contents(secret) == [0, 0, 0, 9, 0])
    }

    @Test("an error while filling is passed on as its own type")
    func throwing() {
        struct Refusal: Error, Equatable { var reason: Int }
        #expect(throws: Refusal(reason: 3)) {
            _ = try SecretBytes(count: 5) { (_) throws(Refusal) in throw Refusal(reason: 3) }
        }
    }

    @Test("a negative count is stopped")
    func negative() async {
        await #expect(processExitsWith: .failure) { _ = SecretBytes(count: -1) { _ in } }
    }

    @Test("secrets are equal when their bytes are, and then have one hash")
    func equality() {
        let bytes = Array(0..<64) as [UInt8]
        #expect(secret(bytes) == secret(bytes))
        #expect(secret(bytes).hashValue == secret(bytes).hashValue)
        #expect(Set([secret(bytes), secret(bytes), secret([1])]).count == 2)
        #expect(secret([]) == secret([]))
        #expect(secret(bytes) != secret(Array(bytes.dropLast())))
        #expect(secret([]) != secret([0]))
    }

    @Test("a difference in any single bit of any byte is seen")
    func everyBit() {
        let bytes = Array(repeating: 0x5A, count: 33) as [UInt8]
        let original = secret(bytes)
        for index in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[index] ^= 1 << UInt8(bit)
                #expect(original != secret(other), "byte \(index), bit \(bit)")
            }
        }
    }

    // MARK: nothing prints it

    /// An owner that knows nothing of secrets.
    struct Owner {
        var name = "owner"
        var key: SecretBytes
        var keys: [SecretBytes]
        var byName: [String: SecretBytes]
        var maybe: SecretBytes?
    }

    @Test("every way to print one shows <redacted>")
    func prints() {
        let key = secret(Array("topsecret".utf8))
        var dumped = ""
        dump(key, to: &dumped)
        #expect(key.description == "<redacted>")
        #expect(key.debugDescription == "<redacted>")
        #expect("\(key)" == "<redacted>")
        #expect(String(describing: key) == "<redacted>")
        #expect(String(reflecting: key) == "<redacted>")
        #expect(String(describing: [key]) == "[<redacted>]")
        #expect(String(describing: Optional(key)) == "Optional(<redacted>)")
        #expect(dumped == "- <redacted> #0\n")
        #expect(Mirror(reflecting: key).children.isEmpty)
    }

    @Test("no way to print an owner shows a byte, in any notation")
    func printsOwner() {
        let bytes: [UInt8] = [201, 202, 203, 204, 205, 206, 207, 208]
        let key = secret(bytes)
        let owner = Owner(key: key, keys: [key, key], byName: ["a": key], maybe: key)
        var dumped = ""
        dump(owner, to: &dumped)
        let texts = ["\(owner)", String(describing: owner), String(reflecting: owner), dumped]
        for text in texts {
            #expect(text.contains("<redacted>"))
            for byte in bytes {
                #expect(!text.contains(String(byte)), "\(text)")
                #expect(!text.lowercased().contains(String(byte, radix: 16) + String(byte + 1, radix: 16)), "\(text)")
            }
        }
        #expect(
            "\(owner)"
                == #"Owner(name: "owner", key: <redacted>, keys: [<redacted>, <redacted>], byName: ["a": <redacted>], maybe: Optional(<redacted>))"#
        )
    }
}
