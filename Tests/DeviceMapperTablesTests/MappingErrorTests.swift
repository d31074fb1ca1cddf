import DeviceMapperTables
import Testing

@Suite struct MappingErrorTests {
    @Test("an error tells where it was, what it was about, and the kernel's reason")
    func text() {
        #expect(MappingError(.busy, message: "it is in use").description == "it is in use")
        #expect(MappingError(.busy, line: 2, message: "it is in use").description == "line 2: it is in use")
        #expect(MappingError(.busy, device: "disk.img", message: "it is in use").description == "disk.img: it is in use")
        #expect(MappingError(.busy, command: "DM_DEV_REMOVE", message: "it is in use").description == "DM_DEV_REMOVE: it is in use")
        #expect(MappingError(.kernel, kernelReason: "crypt: bad key", message: "refused").description == "refused (crypt: bad key)")
        let error = MappingError(
            .deviceTooSmall, line: 2, device: "disk.img", command: "DM_TABLE_LOAD", errno: 22, kernelReason: "linear: too small",
            message: "the device has 8 sectors, the line needs 16", underlying: TableError(.emptyTable, message: "x"))
        #expect(
            error.description
                == "line 2: DM_TABLE_LOAD: disk.img: the device has 8 sectors, the line needs 16 (linear: too small)")
        #expect(error.errno == 22)
        #expect(error.underlying as? TableError == TableError(.emptyTable, message: "x"))
    }

    @Test("codes have names, and are all different")
    func codes() {
        let codes: [(MappingError.Code, String)] = [
            (.invalidName, "invalidName"), (.notFound, "notFound"), (.exists, "exists"), (.busy, "busy"),
            (.permissionDenied, "permissionDenied"), (.unsupported, "unsupported"), (.invalidTable, "invalidTable"),
            (.invalidKey, "invalidKey"), (.deviceUnavailable, "deviceUnavailable"), (.deviceTooSmall, "deviceTooSmall"),
            (.readOnly, "readOnly"), (.inputOutput, "inputOutput"), (.outOfMemory, "outOfMemory"), (.closed, "closed"), (.kernel, "kernel"),
        ]
        for (code, name) in codes { #expect(code.description == name) }
        #expect(Set(codes.map(\.0)).count == codes.count)
    }
}
