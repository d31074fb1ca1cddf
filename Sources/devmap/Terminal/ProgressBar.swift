internal import DeviceMapper
internal import Synchronization

/// One line on a terminal's standard error that tells how far a copy is, how fast it goes, and how long it will take.
final class ProgressBar: Sendable {
    private struct State {
        var lastShown: ContinuousClock.Instant?
        var isShown = false
    }
    private let state = Mutex(State())
    private let started = ContinuousClock.now

    /// Shows a state, unless the one before is less than a tenth of a second old.
    func show(_ progress: DeviceCopy.Progress) {
        let now = ContinuousClock.now
        state.withLock { state in
            if let last = state.lastShown, now - last < .milliseconds(100) { return }
            state.lastShown = now
            state.isShown = true
            Terminal.writeError("\r" + Self.line(progress, elapsed: now - started, columns: Terminal.errorColumns) + "\u{1b}[K")
        }
    }

    /// Takes the line away.
    func clear() {
        state.withLock { if $0.isShown { Terminal.writeError("\r\u{1b}[K") } }
    }

    /// ` 45% [=====>      ] 1.2 GiB of 2.6 GiB, 512 MiB/s, 0:03 left`
    static func line(_ progress: DeviceCopy.Progress, elapsed: Duration, columns: Int) -> String {
        let fraction = progress.total == 0 ? 1 : Double(progress.done) / Double(progress.total)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        let rate = seconds > 0 ? Double(progress.done) / seconds : 0
        var text = " \(ByteCount(progress.done).formatted) of \(ByteCount(progress.total).formatted)"
        if rate >= 1 {
            let left = UInt64((Double(progress.total - progress.done) / rate).rounded(.up))
            text += ", \(ByteCount(UInt64(rate)).formatted)/s, \(time(left)) left"
        }
        let percent = String(Int(fraction * 100))
        let head = String(repeating: " ", count: max(0, 3 - percent.count)) + percent + "% "
        let width = columns - 1 - head.count - text.count - 2
        guard width >= 5 else { return String((head + text).prefix(max(0, columns - 1))) }
        let full = Int(fraction * Double(width))
        let bar = String(repeating: "=", count: full) + (full < width ? ">" : "") + String(repeating: " ", count: max(0, width - full - 1))
        return head + "[" + bar + "]" + text
    }

    private static func time(_ seconds: UInt64) -> String {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
        func twoDigits(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return hours > 0 ? "\(hours):\(twoDigits(minutes)):\(twoDigits(rest))" : "\(minutes):\(twoDigits(rest))"
    }
}
