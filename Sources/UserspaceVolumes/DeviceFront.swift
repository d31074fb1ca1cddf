internal import BlockIO
internal import DeviceMapperTables
internal import StorageUnits
internal import Synchronization

/// What requests to a device come to: a table that can be suspended, and replaced by another, while they keep coming.
///
/// `suspend`, `resume` and `close` are called one at a time. A request that comes while the device is suspended waits, and then finds the table that is in
/// force; one that an engine gives back (`requeued`) waits the same way, and begins again.
final class DeviceFront: @unchecked Sendable {  // `table` changes only while both gates are shut and nobody is inside
    private var table: LoadedTable?
    /// Passed by requests: shut while the device is suspended.
    private let requests = RequestGate()
    /// Passed by questions and messages, which a suspended device takes, too: shut only while the table is exchanged.
    private let visits = RequestGate()
    private enum State: UInt8, AtomicRepresentable {
        case serving
        case suspended
        /// Everything that was written is durable.
        case suspendedAndFlushed
    }
    /// Atomic for whoever flushes from above.
    private let state = Atomic(State.serving)
    var isSuspended: Bool { state.load(ordering: .acquiring) != .serving }

    /// What is known of the table in force without passing a gate; after the end, of the last one.
    struct Appearance: Sendable {
        var table: MappingTable?
        var limits = BlockLimits()
    }
    private let visible: Monitor<Appearance>
    private let byteCount: Atomic<UInt64>

    /// A device with a table that serves already, or none yet: then all requests fail.
    init(_ table: LoadedTable?) {
        self.table = table
        visible = Monitor(Appearance(table))
        byteCount = Atomic(table?.size.count ?? 0)
    }

    /// The table in force, and what requests it takes.
    var appearance: Appearance { visible.withLock { $0 } }
    /// The size of the table in force.
    var size: ByteCount { ByteCount(byteCount.load(ordering: .relaxed)) }

    // MARK: one at a time

    /// Makes new requests wait, and waits for those under way. When an engine cannot flush, the device goes on as before; one that is suspended already is
    /// flushed, where it was not.
    func suspend(flush: Bool) throws(MappingError) {
        guard !isSuspended else {
            if flush { try flushTable() }
            return
        }
        requests.shut()
        table?.prepareToSuspend(flush: flush)
        requests.waitUntilEmpty()
        var isFlushed = true
        do throws(MappingError) { isFlushed = try table?.suspend(flush: flush) ?? true } catch {
            // The reason is the first failure; a table that does not even resume fails its requests by itself.
            try? table?.resume(replacing: nil, isInForce: true)
            requests.open()
            throw error
        }
        state.store(isFlushed ? .suspendedAndFlushed : .suspended, ordering: .releasing)
        requests.tell()
    }

    /// Suspends the table with a flush, once more where not all was flushed.
    private func flushTable() throws(MappingError) {
        guard state.load(ordering: .relaxed) != .suspendedAndFlushed else { return }
        table?.prepareToSuspend(flush: true)
        let isFlushed = try table?.suspend(flush: true) ?? true
        if isSuspended, isFlushed { state.store(.suspendedAndFlushed, ordering: .releasing) }
    }

    /// Lets requests through again; there is a table for them.
    func resume() throws(MappingError) {
        guard isSuspended else { return }
        guard let table else { throw MappingError(.invalidTable, message: "the device has no table to resume") }
        try table.resume(replacing: nil, isInForce: true)
        letRequestsIn()
    }

    /// Lets requests through again where nobody can try it a second time. A table that does not resume fails them by itself.
    func resumeForGood() {
        guard isSuspended else { return }
        try? table?.resume(replacing: nil, isInForce: true)
        letRequestsIn()
    }

    private func letRequestsIn() {
        state.store(.serving, ordering: .releasing)
        requests.open()
    }

    /// Puts another table in force, and returns the one before, which is suspended. A device that is not suspended is, meanwhile, with `flush`. When the new
    /// table does not resume everything is as it was.
    func replace(with new: LoadedTable) throws(MappingError) -> LoadedTable? {
        let wasSuspended = isSuspended
        // What was suspended without a flush is for the new table to take over.
        if !wasSuspended { try suspend(flush: true) }
        visits.shut()
        visits.waitUntilEmpty()
        defer { visits.open() }
        do throws(MappingError) { try new.resume(replacing: table) } catch {
            // The reason is the new table's failure, whatever the old one, if there is any, does then.
            if !wasSuspended {
                if table == nil { letRequestsIn() } else { try? resume() }
            }
            throw error
        }
        let old = table
        table = new
        visible.withLock { $0 = Appearance(new) }
        byteCount.store(new.size.count, ordering: .relaxed)
        letRequestsIn()
        return old
    }

    /// Ends everything: requests that wait or come later throw `closed`, those under way are waited for, and what they wrote is durable afterwards. Throws the
    /// first failure, after everything is closed. Closing again does nothing.
    func close() throws(MappingError) {
        guard requests.close() else { return }
        table?.prepareToSuspend(flush: true)
        requests.waitUntilEmpty()
        _ = visits.close()
        visits.waitUntilEmpty()
        guard let table else { return }
        var failure: MappingError?
        // The devices below may be suspended as well by now, so that a flush that is not needed would wait for them.
        do throws(MappingError) { try flushTable() } catch { failure = error }
        self.table = nil
        do throws(MappingError) { try table.close() } catch { failure = failure ?? error }
        if let failure { throw failure }
    }

    // MARK: from any thread

    /// Calls `body` with the table in force, once the device is not suspended, and again when an engine has given the request back.
    @inline(__always)
    func request<Result>(
        at offset: UInt64, count: UInt64, _ body: (LoadedTable) throws(BlockIOError) -> Result
    ) throws(BlockIOError) -> Result {
        while true {
            guard requests.enter() else { throw BlockIOError(.closed, offset: offset, count: count, message: "the volume is closed") }
            defer { requests.leave() }
            guard let table else { throw .pastTheEnd(offset, count, size: .zero) }
            do throws(BlockIOError) { return try body(table) } catch {
                if error.code != .requeued { throw error }
            }
        }
    }

    /// Makes durable what was written.
    func flush() throws(BlockIOError) {
        if let flush = PassingFlush.current { return try pass(flush) }
        try request(at: 0, count: 0) { (table) throws(BlockIOError) in try table.flush() }
    }

    /// A flush that is nobody's request: it does not wait for a device that is suspended, or is about to be.
    private func pass(_ flush: PassingFlush) throws(BlockIOError) {
        while true {
            switch requests.enter(unless: { isSuspended }) {
            case .closed: throw BlockIOError(.closed, message: "the volume is closed")
            case .turnedAway:
                if state.load(ordering: .acquiring) != .suspendedAndFlushed { flush.noteMissed() }
                return
            case .entered: break
            }
            defer { requests.leave() }
            do throws(BlockIOError) { return try table?.flushBelow() ?? () } catch {
                if error.code != .requeued { throw error }
            }
        }
    }

    /// Calls `body` with the table in force, suspended or not.
    func visit<Result>(_ body: (LoadedTable) throws(MappingError) -> Result) throws(MappingError) -> Result {
        guard visits.enter() else { throw MappingError(.closed, message: "the volume is closed") }
        defer { visits.leave() }
        guard let table else { throw MappingError(.notFound, message: "the device has no active table") }
        return try body(table)
    }
}

extension DeviceFront.Appearance {
    fileprivate init(_ table: LoadedTable?) { self.init(table: table?.table, limits: table?.limits ?? BlockLimits()) }
}
