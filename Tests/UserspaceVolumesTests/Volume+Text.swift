import BlockIO
import DeviceMapperTables
import StorageUnits
import UserspaceVolumes

extension Volume {
    /// Tells a line something in words, and returns what it answers, or why it does not.
    func answer(_ text: String, at sector: Sectors = 0) -> String {
        do {
            return try send(OpaqueMessage(text), at: sector) ?? "(nothing)"
        } catch {
            return "\(error)"
        }
    }

    /// The status of the first line.
    var statusText: String { (try? status().first?.text) ?? "(none)" }
}

/// What a request fails with; `nil` when it succeeds.
func requestFailure(_ request: () throws(BlockIOError) -> Void) -> BlockIOError? {
    do throws(BlockIOError) {
        try request()
        return nil
    } catch {
        return error
    }
}
