import BlockIO
import StorageUnits
import VolumeLaws

/// A device whose requests hang, as long as it is told to.
final class HangingDevice: BlockDevice {
    private struct State: Sendable {
        var hangs = false
        var waiting = 0
    }
    private let state = Monitor(State())
    private let base: any BlockDevice

    /// `base`, which does not hang at first.
    init(_ base: any BlockDevice) { self.base = base }

    /// Whether requests that come hang; when they no longer do those that have come go on.
    var hangs: Bool {
        get { state.withLock { $0.hangs } }
        set { state.withLock { $0.hangs = newValue } }
    }

    /// How many requests hang.
    var waiting: Int { state.withLock { $0.waiting } }

    /// Waits until at least `count` requests hang.
    func waitForRequests(_ count: Int) { state.wait { $0.waiting >= count ? () : nil } }

    var size: ByteCount { base.size }
    var limits: BlockLimits { base.limits }

    func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(BlockIOError) {
        hang()
        try base.read(at: offset, into: &buffer)
    }

    func write(_ bytes: RawSpan, at offset: UInt64, flags: WriteFlags) throws(BlockIOError) {
        hang()
        try base.write(bytes, at: offset, flags: flags)
    }

    func flush() throws(BlockIOError) {
        hang()
        try base.flush()
    }

    func discard(at offset: UInt64, count: UInt64) throws(BlockIOError) {
        hang()
        try base.discard(at: offset, count: count)
    }

    private func hang() {
        state.withLock { $0.waiting += 1 }
        state.wait { $0.hangs ? nil : () }
        state.withLock { $0.waiting -= 1 }
    }
}
