public import BlockIO
public import DeviceMapperTables

/// A target that can run in this process. A volume finds the conformance by itself: nothing is registered.
public protocol UserspaceTarget: Target {
    /// Opens the devices of the target and checks everything that can be checked. Writes nothing, starts nothing, and remembers nothing that
    /// can still change on disk: the engine of the table before may be running.
    func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine
}

/// What a target does: a device that begins at byte 0 of its line and ends with it.
///
/// Requests are checked before they come: they lie within the line, are multiples of `limits.logicalBlockSize`, not empty, and no write comes
/// to a read-only engine. Where the block is larger than a byte, overlapping requests do not come at the same time unless both read.
public protocol TargetEngine: BlockDevice {
    /// Begins to serve: replays journals, takes over from `old`, the engine in the same place of the table before, starts background work.
    func resume(replacing old: (any TargetEngine)?) throws(MappingError)
    /// Stops background work and, with `flush`, commits what is pending. No request is under way, and none comes until `resume`.
    func suspend(flush: Bool) throws(MappingError)
    /// What `dmsetup status` prints behind the target's name.
    func status() -> String
    /// Takes a message, and returns what there is to answer.
    func receive(_ message: inout ArgumentReader) throws(MappingError) -> String?
    /// Ends. Called once, after the last request and a flush; a failure of what is still to be written is reported here, never lost.
    func close() throws(MappingError)
}

/// Engines without state of their own.
extension TargetEngine {
    /// Nothing to begin.
    public func resume(replacing old: (any TargetEngine)?) throws(MappingError) {}
    /// Nothing to commit.
    public func suspend(flush: Bool) throws(MappingError) {}
    /// Nothing to tell.
    public func status() -> String { "" }
    /// Takes no messages.
    public func receive(_ message: inout ArgumentReader) throws(MappingError) -> String? {
        throw MappingError(.unsupported, message: "the target takes no messages")
    }
    /// Nothing to end.
    public func close() throws(MappingError) {}
}

extension TargetMessage {
    /// Reads a message that came for an engine, all of it.
    init(receiving words: inout ArgumentReader) throws(MappingError) {
        do throws(TableError) {
            try self.init(parsing: &words)
            try words.expectEnd(after: "the message")
        } catch {
            throw MappingError(.invalidMessage, message: error.message)
        }
    }
}
