import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct TargetMessageTests {
    private func text(_ message: some TargetMessage, keys: ArgumentWriter.Keys = .shown) -> String {
        var writer = ArgumentWriter(keys: keys)
        message.write(to: &writer)
        return writer.string
    }

    @Test("a message of any words is written, and its answer kept")
    func opaque() throws {
        #expect(text(OpaqueMessage(["mark", "two words"])) == #"mark two\ words"#)
        #expect(try OpaqueMessage(["a"]).reply(parsing: "0") == "0")
        #expect(try OpaqueMessage(["a"]).reply(parsing: nil) == nil)
    }

    @Test("crypt is told to set and to wipe its key, and the key is shown only where it is asked for")
    func crypt() throws {
        let key = CryptKey.bytes(unsafe SecretBytes(copying: ([0xAB, 0xCD] as [UInt8]).span.bytes))
        #expect(text(CryptTarget.Message.setKey(key)) == "key set abcd")
        #expect(text(CryptTarget.Message.setKey(key), keys: .redacted) == "key set <redacted>")
        #expect(text(CryptTarget.Message.setKey(.stored(byteCount: 32, keyring: .logon, description: "a:b"))) == "key set :32:logon:a:b")
        #expect(text(CryptTarget.Message.wipeKey) == "key wipe")
        #expect(try CryptTarget.Message.wipeKey.reply(parsing: "whatever") == NoReply())
    }
}
