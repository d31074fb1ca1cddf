import BlockIO
import CShims
import DeviceMapperTables
import Foundation
import StorageUnits
import SystemPackage
import Testing
import UserspaceVolumes
import VolumeLaws

/// Keys that are kept elsewhere.
@Suite struct CryptKeyTests {
    let directory: TemporaryDirectory
    let key = SeededBytes.make(64, seed: 64)

    init() throws { directory = try TemporaryDirectory() }

    private func table(_ key: String) throws -> MappingTable { try MappingTable("0 8 crypt aes-xts-plain64 \(key) 0 a 0") }

    /// Checks that a volume with the key kept elsewhere reads what one with the key in its table has written.
    private func expectSameKey(_ stored: String, _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let members = Members("a", sectors: 8)
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let written = SeededBytes.make(4096)
        try Volume(try table(hex), opening: members.opener).write(written, at: 0)
        let volume = try Volume(try table(stored), opening: members.opener)
        #expect(try volume.read(at: 0, count: 4096) == written, sourceLocation: sourceLocation)
    }

    private func failure(_ key: String) throws -> MappingError {
        try #require(openingFailure(try table(key), Members("a", sectors: 8).opener))
    }

    // MARK: files

    @Test(arguments: [32, 48, 64])
    func `A key is read from a file`(count: Int) throws {
        let file = try directory.file("key", Array(key[..<count]))
        try expectSameKey(":\(count):file:\(file)", Array(key[..<count]))
    }

    @Test(arguments: [0, 63, 65])
    func `A key file of another length is refused`(count: Int) throws {
        let file = try directory.file("key", SeededBytes.make(count))
        let error = try failure(":64:file:\(file)")
        #expect(error.code == .invalidKey)
        #expect(error.line == 1)
        #expect(error.description == "line 1: key file '\(file)' has \(count) bytes, the table says 64")
    }

    @Test func `A key file that cannot be read is refused`() throws {
        let error = try failure(":64:file:\(directory("missing"))")
        #expect(error.code == .invalidKey)
        #expect(error.description == "line 1: key file: cannot read '\(directory("missing"))': No such file or directory")
        let large = try directory.file("large", [UInt8](repeating: 1, count: 4097))
        #expect(try failure(":64:file:\(large)").description == "line 1: key file: cannot read '\(large)': it has more than 4096 bytes")
    }

    @Test func `A key file is not left open`() throws {
        let file = try directory.file("key", key)
        let volume = try Volume(try table(":64:file:\(file)"), opening: Members("a", sectors: 8).opener)
        #expect(try openDescriptors(of: file) == 0)
        try volume.close()
    }

    // MARK: the kernel's keyring

    /// Runs `body` with a key of the process in the kernel.
    private func withKernelKey(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let description = "volume-tests-" + UUID().uuidString
        let identifier = unsafe bytes.withUnsafeBytes { bytes in
            unsafe shim_add_key("user", description, bytes.baseAddress, bytes.count, shim_process_keyring)
        }
        try #require(identifier > 0, "the kernel keeps no keys for this process: error \(errno)")
        defer { shim_unlink_key(identifier, shim_process_keyring) }
        try body(description)
    }

    @Test(arguments: [32, 48, 64])
    func `A key is read from the kernel's keyring`(count: Int) throws {
        try withKernelKey(Array(key[..<count])) { description in
            try expectSameKey(":\(count):user:\(description)", Array(key[..<count]))
        }
    }

    @Test func `A key of the keyring of another length is refused`() throws {
        try withKernelKey(Array(key[..<63])) { description in
            let error = try failure(":64:user:\(description)")
            #expect(error.code == .invalidKey)
            #expect(
                error.description == "line 1: key '\(description)' of the kernel's keyring has 63 bytes, the table says 64")
        }
    }

    @Test func `A key of the keyring that is longer than any key is refused`() throws {
        try withKernelKey([UInt8](repeating: 1, count: 4097)) { description in
            let error = try failure(":64:user:\(description)")
            #expect(error.description == "line 1: key '\(description)' of the kernel's keyring: it has more than 4096 bytes")
        }
    }

    @Test func `A key that is not in the keyring is refused`() throws {
        let description = "volume-tests-" + UUID().uuidString
        let error = try failure(":64:user:\(description)")
        #expect(error.code == .invalidKey)
        #expect(
            error.description
                == "line 1: key '\(description)' of the kernel's keyring: cannot find it: \(Errno(rawValue: ENOKEY))")
    }

    @Test(arguments: ["logon", "encrypted", "trusted", "invented"])
    func `A key that only the kernel can read is refused`(keyring: String) throws {
        let error = try failure(":64:\(keyring):volume")
        #expect(error.code == .invalidKey)
        #expect(
            error.description
                == "line 1: a key of type '\(keyring)' cannot be read in user space: use a key file (:<bytes>:file:<path>) or a user key")
    }

    // MARK: messages

    @Test func `Messages that set or wipe the key are refused, and the key stays`() throws {
        let members = Members("a", sectors: 16)
        let volume = try Volume(
            try MappingTable("0 8 zero\n8 8 crypt aes-xts-plain64 \(Keys.xts) 0 a 0"), opening: members.opener)
        let bytes = SeededBytes.make(4096)
        try volume.write(bytes, at: 4096)
        let other = CryptKey.bytes(SecretBytes(copying: unsafe key.span.bytes))
        for message in [CryptTarget.Message.wipeKey, .setKey(other)] {
            let error = #expect(throws: MappingError.self) { try volume.send(message, at: 8) }
            #expect(error?.code == .unsupported)
            #expect(
                error?.description == "line 2: crypt takes no messages in user space: the key of a volume comes with its table")
        }
        #expect(try volume.read(at: 4096, count: 4096) == bytes)
    }

    // MARK: no key

    @Test func `A key of no bytes is none for AES, and the one of cipher_null`() throws {
        let error = #expect(throws: TableError.self) { try table("-") }
        #expect(error?.description == "line 1, word 5: crypt: key: 'aes-xts-plain64' takes one of 32, 48, 64 bytes, this one has 0")
        let members = Members("a", sectors: 8)
        let volume = try Volume(try MappingTable("0 8 crypt cipher_null-ecb - 0 a 0"), opening: members.opener)
        #expect(try volume.read(at: 0, count: 4096) == members.initial["a"])
        let bytes = SeededBytes.make(4096)
        try volume.write(bytes, at: 0)
        #expect(members.memory["a"]?.contents == bytes)
    }

    @Test func `Another key reads other bytes`() throws {
        let members = Members("a", sectors: 8)
        try Volume(try table(Keys.hex(64)), opening: members.opener).write(SeededBytes.make(4096), at: 0)
        let other = try Volume(try table(Keys.hex(32)), opening: members.opener)
        #expect(try other.read(at: 0, count: 4096) != SeededBytes.make(4096))
    }

    @Test func `Lines with one key share its ciphers, and lines with others do not`() throws {
        let members = Members("a", sectors: 32)
        let lines = [Keys.hex(64), Keys.hex(64), Keys.hex(32), Keys.hex(48)].enumerated().map { index, key in
            "\(index * 8) 8 crypt aes-xts-plain64 \(key) 0 a \(index * 8)"
        }
        let volume = try Volume(try MappingTable(parsing: lines.joined(separator: "\n")), opening: members.opener)
        try volume.write([UInt8](repeating: 5, count: 4 * 4096), at: 0)
        let contents = try #require(members.memory["a"]).contents
        #expect(contents[..<4096] == contents[4096..<8192], "the same bytes under the same key and number")
        #expect(contents[..<4096] != contents[8192..<12_288])
        #expect(contents[8192..<12_288] != contents[12_288...])
        #expect(try volume.read(at: 0, count: 4 * 4096) == [UInt8](repeating: 5, count: 4 * 4096))
    }
}
