#if os(Linux)  // where there are semaphores for cookies
import BlockIO
import DeviceMapperControl
import DeviceMapperTables
import Logging
import SystemPackage
import Testing
import VolumeLaws

/// What a mapper learns of udev: of one that a test made, which completes cookies or does not.
@Suite struct UdevExperienceTests {
    /// An udev whose socket is this file, if there is one, and which listens or not.
    private final class Udev: Sendable {
        struct State: Sendable {
            var file: UdevDaemon.SocketFile? = Udev.file(1)
            var isListening = true
            /// How often it was looked whether it listens.
            var probes = 0
        }
        let state = Monitor(State())

        static func file(_ inode: UInt64) -> UdevDaemon.SocketFile {
            UdevDaemon.SocketFile(device: 1, inode: inode, seconds: 0, nanoseconds: 0)
        }

        func surroundings(shortPatience: Duration = .seconds(1)) -> UdevSurroundings {
            UdevSurroundings(
                isDisabled: { false }, socketFile: { [state] in state.withLock { $0.file } },
                isRunning: { [state] in
                    state.withLock { state in
                        state.probes += 1
                        return state.isListening
                    }
                }, shortPatience: shortPatience)
        }

        var probes: Int { state.withLock { $0.probes } }
    }

    private let udev = Udev()

    @Test func `Who let a deadline pass is waited for a second at most, until it answers in time again`() {
        let experience = UdevExperience(udev.surroundings())
        #expect(experience.patience(of: .seconds(30)) == .seconds(30))
        experience.noteMiss()
        #expect(experience.patience(of: .seconds(30)) == .seconds(1) && experience.patience(of: .milliseconds(5)) == .milliseconds(5))
        experience.noteMiss()
        #expect(experience.patience(of: .seconds(30)) == .seconds(1))
        experience.noteCompletion()
        #expect(experience.patience(of: .seconds(30)) == .seconds(30))
    }

    @Test func `An udev that listens is asked again when its socket is another one, or when it did not answer`() {
        let experience = UdevExperience(udev.surroundings())
        for _ in 0..<3 { #expect(experience.isActive) }
        #expect(udev.probes == 1)
        udev.state.withLock { $0.file = Udev.file(2) }
        for _ in 0..<3 { #expect(experience.isActive) }
        #expect(udev.probes == 2)
        experience.noteMiss()
        for _ in 0..<3 { #expect(experience.isActive) }
        #expect(udev.probes == 3)
        // It ends, and takes its socket along.
        udev.state.withLock { $0.file = nil }
        #expect(!experience.isActive && udev.probes == 3)
    }

    @Test func `An udev that does not listen is asked each time, as it may come back`() {
        let experience = UdevExperience(udev.surroundings())
        udev.state.withLock { $0.isListening = false }
        for _ in 0..<3 { #expect(!experience.isActive) }
        #expect(udev.probes == 3)
        udev.state.withLock { $0.isListening = true }
        #expect(experience.isActive && udev.probes == 4)
    }

    @Test func `Where the environment says so, udev is left out and not asked`() {
        var surroundings = udev.surroundings()
        surroundings.isDisabled = { true }
        #expect(!UdevExperience(surroundings).isActive && udev.probes == 0)
    }

    /// A mapper whose changes udev completes as long as `answers` is set, and what it logs.
    private func mapper(_ answers: Monitored<Bool>, deadline: Duration) -> (KernelMapper, Log) {
        let kernel = FakeKernel { (call, bytes) throws(Errno) in
            bytes.replaceSubrange(48..<52, with: "test".utf8)
            bytes.store(ControlFlags.ueventGenerated.rawValue, at: 28)
            guard answers.value.withLock({ $0 }), let cookie = UdevCookie(value: UInt32(call.number(at: 32))) else { return }
            try cookie.decrement()
        }
        let log = Log()
        var options = KernelMapper.Options()
        options.udevDeadline = deadline
        options.logger = Logger(label: "test") { _ in LogCollector(log: log) }
        let mapper = KernelMapper(
            kernel, options, nodeDirectory: "/tmp/device-mapper-tests-udev", udev: udev.surroundings(shortPatience: .milliseconds(1)))
        return (mapper, log)
    }

    private func silence(_ milliseconds: Int) -> String { "warning: udev did not answer within \(Duration.milliseconds(milliseconds))" }

    @Test func `Only the first change that udev does not complete costs the deadline`() throws {
        let answers = Monitored(false)
        let (mapper, log) = mapper(answers, deadline: .milliseconds(20))
        let test = MappedDeviceID.name(try DeviceName("test"))
        for _ in 0..<3 { try mapper.remove(test) }
        #expect(log.lines == [silence(20), silence(1), silence(1)])
        answers.value.withLock { $0 = true }
        try mapper.remove(test)
        #expect(log.lines.count == 3)
        answers.value.withLock { $0 = false }
        try mapper.remove(test)
        #expect(log.lines.last == silence(20) && log.lines.count == 4)
    }

    @Test("a udevd that is gone in the meantime is not waited for until the deadline", .timeLimit(.minutes(10)))
    func gone() throws {
        let (mapper, log) = mapper(Monitored(false), deadline: .seconds(3600))
        // It listened when the mapper looked, and is killed then: its socket stays.
        try #require(mapper.usesUdev)
        udev.state.withLock { $0.isListening = false }
        try mapper.remove(.name(try DeviceName("test")))
        #expect(log.lines == ["warning: udevd is gone, and is not waited for any more"])
    }
}

/// What a logger was told.
private final class Log: Sendable {
    private let told = Monitor<[String]>([])
    var lines: [String] { told.withLock { $0 } }
    func add(_ line: String) { told.withLock { $0.append(line) } }
}

/// Writes down what is logged: the level, and the message.
private struct LogCollector: LogHandler {
    let log: Log
    var logLevel = Logger.Level.trace
    var metadata = Logger.Metadata()

    init(log: Log) { self.log = log }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) { log.add("\(event.level): \(event.message)") }
}
#endif
