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
    /// Begins to serve: reads what is on disk, replays journals, takes over from `old`, the engine that served a line of the table before which began at
    /// the same sector, starts background work. Called first before any request, and again after each `suspend`, then without `old`. What fails may be
    /// called again.
    func resume(replacing old: (any TargetEngine)?) throws(MappingError)
    /// The device is about to be suspended, and no new request comes; those under way are waited for next. An engine that makes requests wait lets them go
    /// now, or gives them back with `BlockIOError.Code.requeued` where nothing is to be flushed. The kernel's `presuspend`.
    func prepareToSuspend(flush: Bool)
    /// Makes every write that has returned durable, as this device, or one above it, is suspended or ends. This is nobody's request: a target that fails
    /// requests, drops, delays, counts or logs them, or makes them wait, lets it through at once. It may come while the engine serves, and while it is suspended.
    func flushBelow() throws(BlockIOError)
    /// Stops background work and, with `flush`, commits what is pending. No request is under way, and none comes until `resume`. The kernel's
    /// `postsuspend`. With `flush` the devices below are flushed already. Called once more, with `flush`, where not everything was flushed.
    func suspend(flush: Bool) throws(MappingError)
    /// What `dmsetup status` prints behind the target's name.
    func status() -> String
    /// Takes a message, and returns what there is to answer. Messages come at any time, also while the device is suspended.
    func receive(_ message: inout ArgumentReader) throws(MappingError) -> String?
    /// Ends. Called once, when the engine is suspended or was never resumed. Another engine may already serve in its place: nothing more is written but to a
    /// device that no other engine has, such as the end of a log.
    func close() throws(MappingError)
}

/// Engines without state of their own.
extension TargetEngine {
    /// Nothing to begin.
    public func resume(replacing old: (any TargetEngine)?) throws(MappingError) {}
    /// No request is made to wait.
    public func prepareToSuspend(flush: Bool) {}
    /// What a flush does.
    public func flushBelow() throws(BlockIOError) { try flush() }
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
