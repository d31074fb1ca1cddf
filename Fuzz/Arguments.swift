import DeviceMapperTables
import StorageUnits

/// The first bytes say how the words of the rest are read, in which order.
///
/// Each read takes one word or refuses it at its place, and words that are written are read as they were.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    let plan = input.prefix(8)
    let text = String(decoding: input.dropFirst(8), as: UTF8.self)
    do throws(TableError) {
        try read(text, plan)
    } catch {
        guard error.line == 0, !error.message.isEmpty else { fatalError("a line that is none: \(error)") }
    }
    do throws(TableError) {
        try writeAgain(text)
    } catch {
        guard error.code == .invalidText else { fatalError("words cannot be read: \(error)") }
    }
    return 0
}

private func read(_ text: String, _ plan: ArraySlice<UInt8>) throws(TableError) {
    var reader = try ArgumentReader(text)
    let total = reader.remaining
    for step in plan {
        let before = reader.remaining
        do throws(TableError) {
            try read(step, &reader)
        } catch {
            guard error.word >= 1, error.word <= total + 1 else { fatalError("word \(error.word) of \(total): \(error)") }
            throw error
        }
        // Options may be none, or several words.
        guard step % 6 == 5 || reader.remaining == before - 1 else { fatalError("\(before - reader.remaining) words are read as one") }
    }
}

private func read(_ step: UInt8, _ reader: inout ArgumentReader) throws(TableError) {
    switch step % 6 {
    case 0: _ = try reader.word("word")
    case 1: _ = try reader.number("number", in: UInt64(step)...UInt64.max)
    case 2: _ = try reader.sectors("sectors")
    case 3:
        let device = try reader.device("device")
        guard DeviceReference(parsing: device.description) == device else { fatalError("\(device) does not read as itself") }
    case 4: _ = try reader.secret("secret", expected: "an even word") { $0.count % 2 == 0 ? $0.count : nil }
    default:
        try reader.options("options", limit: 16) { (reader) throws(TableError) in
            _ = try reader.word("option")
            if step > 128, !reader.isAtEnd { _ = try reader.number("value") }
        }
    }
}

private func writeAgain(_ text: String) throws(TableError) {
    let words = try OpaqueStatus(text).words
    var writer = ArgumentWriter(keys: .shown)
    for word in words { writer.append(word) }
    guard try OpaqueStatus(writer.string).words == words else { fatalError("words that are written are not read as they were") }
}

extension OpaqueStatus {
    fileprivate init(_ text: String) throws(TableError) {
        var reader = try ArgumentReader(text)
        try self.init(parsing: &reader)
    }
}
