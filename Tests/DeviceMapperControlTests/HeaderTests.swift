import CDeviceMapperHeader
import DeviceMapperControl
import DeviceMapperTables
import StorageUnits
import SystemPackage
import Testing
import VolumeLaws

/// The package's numbers and layouts are those of the kernel's header.
@Suite struct HeaderTests {
    @Test func `Every command has the header's number`() {
        #expect(ControlCommand.allCases.count == Int(header_request_count))
        for (index, command) in ControlCommand.allCases.enumerated() {
            #expect(command.request == header_request(CInt(index)), "\(command)")
        }
    }

    @Test func `Every flag has the header's bit`() {
        let flags: [(ControlFlags, UInt32)] = [
            (.readOnly, header_flag_read_only), (.suspend, header_flag_suspend), (.persistentDevice, header_flag_persistent_device),
            (.statusTable, header_flag_status_table), (.hasActiveTable, header_flag_active_present),
            (.hasInactiveTable, header_flag_inactive_present), (.bufferFull, header_flag_buffer_full),
            (.skipOpenCount, header_flag_skip_bdget), (.skipFreeze, header_flag_skip_lockfs), (.noFlush, header_flag_noflush),
            (.inactiveTable, header_flag_query_inactive), (.ueventGenerated, header_flag_uevent_generated), (.uuid, header_flag_uuid),
            (.secureData, header_flag_secure_data), (.dataOut, header_flag_data_out), (.deferredRemove, header_flag_deferred_remove),
            (.internalSuspend, header_flag_internal_suspend), (.measurement, header_flag_measurement),
        ]
        for (flag, bit) in flags { #expect(flag.rawValue == bit) }
    }

    @Test func `A request has the bytes that the C compiler lays out`() throws {
        var request = ControlRequest(.load, flags: [.secureData, .readOnly])
        request.name = "a name"
        request.uuid = "a uuid"
        request.number = DeviceNumber(major: 253, minor: 70_000)
        request.eventNumber = 0x600d_cafe
        let sent = try sent(request)
        var expected = dm_ioctl()
        unsafe header_fill(&expected)
        #expect(sent.count == header_size)
        #expect(unsafe sent == withUnsafeBytes(of: expected) { unsafe Array($0) })
    }

    @Test func `A line of a table has the bytes that the C compiler lays out`() throws {
        var request = ControlRequest(.load)
        request.appendTarget(
            start: 0x0102_0304_0506_0708, length: 0x1112_1314_1516_1718, type: "fifteen-letters", arguments: Array("abcdefg".utf8).span)
        let sent = try sent(request)
        var expected = dm_target_spec()
        unsafe header_fill_target(&expected)
        let line = unsafe withUnsafeBytes(of: expected) { unsafe Array($0) }
        #expect(line.count == header_target_size)
        #expect(Array(sent[header_size...]) == line + Array("abcdefg\0".utf8))
        #expect(sent.number(at: 20) == 1)
        #expect(sent.number(at: 12) == UInt64(sent.count))
    }

    @Test func `What follows the header of an answer is read where the C compiler has it`() {
        #expect(ControlReply.hasUUIDFlag == header_flag_list_has_uuid)
        #expect(ControlReply.Place.deviceName == header_name_place)
        #expect(ControlReply.Place.targetName == header_version_name_place)
        #expect(ControlReply.Place.dependencies == header_dependency_place)
    }

    @Test func `Names are as long as the header has room for, with a zero byte`() throws {
        #expect(ControlRequest.longestName + 1 == header_name_room && ControlRequest.longestUUID + 1 == header_uuid_room)
        #expect(NameMangling.Kind.name.limit + 1 == header_name_room && NameMangling.Kind.uuid.limit + 1 == header_uuid_room)
        #expect(TargetSpecification.typeNameRoom == header_type_room)
        let longest = String(repeating: "n", count: header_name_room - 1)
        #expect(throws: Never.self) { try DeviceName(longest) }
        #expect(throws: MappingError.self) { try DeviceName(longest + "n") }
        let longestUUID = String(repeating: "u", count: header_uuid_room - 1)
        #expect(throws: Never.self) { try DeviceUUID(longestUUID) }
        #expect(throws: MappingError.self) { try DeviceUUID(longestUUID + "u") }
    }

    /// What the kernel gets.
    private func sent(_ request: consuming ControlRequest) throws -> [UInt8] {
        let kernel = FakeKernel()
        _ = try KernelMapper(kernel).perform(request)
        return try #require(kernel.calls.first).bytes
    }
}

extension [UInt8] {
    /// A number of 4 bytes or so, in the byte order of the machine.
    func number(at place: Int, _ count: Int = 4) -> UInt64 {
        self[place..<place + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }.littleEndian
    }
}
