import DeviceMapperTables
import StorageUnits

/// The text is read as the status, as a message, and as the answer to a message of each target. What reads is written as text that reads as the
/// same. The last line is the answer, the rest is the status and the message.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    let parts = input.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    for type in TargetRegistry.standard.types { check(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil, type) }
    return 0
}

private func check<T: Target>(_ text: String, _ answer: String?, _ type: T.Type) {
    checkStatus(text, type)
    let message: T.Message
    do throws(TableError) { message = try T.Message(text) } catch {
        checkRefusal(error)
        return
    }
    let written = message.text(keys: .shown)
    guard (try? T.Message(written)) == message else { fatalError("'\(written)' is another message of \(T.typeName)") }
    do throws(TableError) { _ = try message.reply(parsing: answer) } catch { checkRefusal(error) }
}

private func checkStatus<T: Target>(_ text: String, _ type: T.Type) {
    guard let range = SectorRange(start: 0, length: 8) else { return }
    let status: T.Status
    do throws(TableError) { status = try StatusLine(range: range, typeName: T.typeName, text: text).status(of: type) } catch {
        checkRefusal(error)
        return
    }
    var writer = ArgumentWriter(keys: .shown)
    status.write(to: &writer)
    let again = StatusLine(range: range, typeName: T.typeName, text: writer.string)
    guard (try? again.status(of: type)) == status else { fatalError("'\(writer.string)' is another status of \(T.typeName)") }
}

private func checkRefusal(_ error: TableError) {
    guard !error.message.isEmpty, error.message.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else { fatalError("a message: \(error)") }
}
