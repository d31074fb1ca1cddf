import DeviceMapperTables
import StorageUnits

/// Whatever the bytes are: they are refused with a device and a message, or are read as devices that print as themselves.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    let devices: [DeviceDefinition]
    do throws(TableError) {
        devices = try read(input)
    } catch {
        guard error.device > 0 || error.code == .emptyTable, !error.message.isEmpty else { fatalError("no device: \(error)") }
        return 0
    }
    let printed = DeviceDefinition.withConciseText(of: devices, keys: .shown) { text in text.indices.map { text[$0] } }
    let again: [DeviceDefinition]
    do throws(TableError) { again = try read(printed) } catch {
        fatalError("what is printed is refused: \(error)")
    }
    guard again == devices else { fatalError("what is printed is another list") }
    return 0
}

private func read(_ text: [UInt8]) throws(TableError) -> [DeviceDefinition] { try DeviceDefinition.list(parsingConciseUTF8: text.span) }
