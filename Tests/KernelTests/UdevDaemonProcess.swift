import Foundation
import Glibc
import VolumeLaws

/// The lab's udevd.
struct UdevDaemonProcess: Sendable {
    private static let path = "/lib/systemd/systemd-udevd"

    /// Fails where none runs.
    init() throws { _ = try processes() }

    /// The daemon and the workers that it has started.
    private func processes() throws -> [pid_t] {
        let found = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(pid_t.init).filter {
            (try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8))?.hasPrefix("systemd-udevd") ?? false
                || (try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8))?.hasPrefix("(udev-worker)") ?? false
        }
        guard !found.isEmpty else { throw HostCommand.Failure("no udevd runs: scripts/kernel-lab --udev starts one") }
        return found
    }

    private func signal(_ number: CInt) { for process in (try? processes()) ?? [] { _ = Glibc.kill(process, number) } }

    /// Lets it stand still.
    func stop() { signal(SIGSTOP) }

    /// Lets it go on.
    func goOn() { signal(SIGCONT) }

    /// Ends it, in the middle of whatever it does.
    func kill() throws {
        signal(SIGKILL)
        while (try? processes()) != nil { VolumeLaws.pause() }
    }

    /// Starts it again.
    func start() throws { try HostCommand(Self.path, package: "udev").run("--daemon", "--resolve-names=never") }

    /// Waits until it has nothing to do.
    func settle() throws { try HostCommand("sh", package: "dash").run("-c", "\(Self.settleFunction)\nsettle") }

    /// `settle`, for a shell. Now and then udevd hangs up while `udevadm settle` still speaks to it ("Broken pipe", systemd 252): it is asked again.
    static let settleFunction = """
        settle() { udevadm settle -t 60 2>/dev/null || udevadm settle -t 60 2>/dev/null || udevadm settle -t 60; }
        """
}
