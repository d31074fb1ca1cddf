#if os(Linux)  // where a process can read its own memory as a file
import DeviceMapperControl
import DeviceMapperTables
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

/// What is left in memory of keys that went to a kernel. Each test is a process of its own, so that nothing else moves.
///
/// The kernel here is one that keeps no copy of what it gets.
@Suite struct KeyMemoryTests {
    @Test("nothing is left of a key that was loaded, read back, or set", arguments: [true, false])
    func loading(_ succeeds: Bool) async {
        await #expect(processExitsWith: .success) { [succeeds] in
            let recipe = RecognisableSecret(count: 64)
            // Nodes of devices that are not there are nothing for /dev.
            let mapper = KernelMapper(ForgetfulKernel(isWilling: succeeds), nodeDirectory: "/tmp/device-mapper-tests")
            let test = MappedDeviceID.name(try DeviceName("test"))
            do {
                let key = CryptKey.bytes(
                    SecretBytes(count: 64) { room in
                        for index in 0..<64 { room.storeBytes(of: recipe.byte(at: index), toByteOffset: index, as: UInt8.self) }
                    })
                let living = try MemoryScan.places(of: recipe)
                #expect(living.count == 4)  // four pieces of one copy
                let table = try MappingTable(length: 8, CryptTarget(key: key, device: "/dev/sda"))
                let loaded = try? mapper.load(table, into: test, access: .readWrite)
                let created = try? mapper.createAndLoad(try DeviceName("test"), table: table)
                let sent = try? mapper.send(CryptTarget.Message.setKey(key), to: test)
                #expect((loaded != nil) == succeeds && (created != nil) == succeeds && sent == nil)
                let after = try MemoryScan.places(of: recipe)
                #expect(after == living)
            }
            let dead = try MemoryScan.places(of: recipe)
            #expect(dead == [])
        }
    }

    @Test("nothing is left of a key that the kernel has printed, when the table goes")
    func reading() async {
        await #expect(processExitsWith: .success) {
            let recipe = RecognisableSecret(count: 64)
            let mapper = KernelMapper(PrintingKernel(recipe: recipe))
            do {
                let table = try mapper.table(of: .name(try DeviceName("test")))
                #expect(table.lines.count == 1)
                #expect(!table.description.isEmpty)
                let living = try MemoryScan.places(of: recipe)
                #expect(living.count == 4)
            }
            let dead = try MemoryScan.places(of: recipe)
            #expect(dead == [])
        }
    }
}

/// Takes or refuses everything, and keeps nothing.
private struct ForgetfulKernel: ControlTransport {
    var isWilling: Bool

    func perform(_ command: ControlCommand, _ bytes: inout MutableRawSpan) throws(Errno) -> CInt {
        guard isWilling else { throw .invalidArgument }
        for (index, byte) in "test".utf8.enumerated() { bytes.storeBytes(of: byte, toByteOffset: 48 + index, as: UInt8.self) }
        return 0
    }
    func waitForEvent(until deadline: ContinuousClock.Instant?, wakeUp: WakeUp) throws(Errno) -> Bool { false }
    func duplicate() throws(MappingError) -> any ControlTransport { self }
}

/// Prints a table with a key.
private struct PrintingKernel: ControlTransport {
    var recipe: RecognisableSecret

    func perform(_ command: ControlCommand, _ bytes: inout MutableRawSpan) throws(Errno) -> CInt {
        bytes.storeBytes(of: ControlFlags.hasActiveTable.rawValue, toByteOffset: 28, as: UInt32.self)
        bytes.storeBytes(of: 312, toByteOffset: 16, as: UInt32.self)
        bytes.storeBytes(of: 1, toByteOffset: 20, as: UInt32.self)
        bytes.storeBytes(of: 8, toByteOffset: 320, as: UInt64.self)
        bytes.storeBytes(of: 400, toByteOffset: 332, as: UInt32.self)
        var place = 336
        func append(_ byte: UInt8, _ bytes: inout MutableRawSpan) {
            bytes.storeBytes(of: byte, toByteOffset: place, as: UInt8.self)
            place += 1
        }
        for byte in "crypt".utf8 { append(byte, &bytes) }
        place = 352
        for byte in "aes-xts-plain64 ".utf8 { append(byte, &bytes) }
        for index in 0..<128 { append(recipe.hexDigit(at: index), &bytes) }
        for byte in " 0 8:0 0".utf8 { append(byte, &bytes) }
        return 0
    }
    func waitForEvent(until deadline: ContinuousClock.Instant?, wakeUp: WakeUp) throws(Errno) -> Bool { false }
    func duplicate() throws(MappingError) -> any ControlTransport { self }
}
#endif
