import Testing

/// A table that the parser and a real kernel are both asked about.
///
/// `$A` to `$H` stand for loop devices of 16384 sectors, whose first and last MiB are zeroed before each case; `$a` to `$h` for their numbers, such as
/// `7:0`; `$K` for a key of 64 bytes in hexadecimal digits; `$below` for the path of the device that `below` makes.
struct KernelCase: CustomTestStringConvertible, Sendable {
    enum Verdict: CustomStringConvertible {
        case taken, refused
        var description: String { self == .taken ? "taken" : "refused" }
    }

    var table: String
    var kernel: Verdict
    var ours: Verdict
    /// Why the two differ.
    var reason = ""
    /// The table of a device that the case needs, such as a pool for a thin device, which `$below` names.
    var below: String?
    /// Messages that it gets before.
    var messagesBelow: [String] = []
    /// Whether the device is read-only, as verity needs.
    var isReadOnly = false
    /// Messages that the kernel takes once the device is there, each with the answer that is expected, `nil` for none. A case with messages is
    /// also resumed; one without `isResumed` is only loaded.
    var messages: [(text: String, answer: String?)] = []
    /// Whether the device is made active, so that its status can be read.
    var isResumed = true
    /// The oldest kernel that takes it: `6.12` leaves it out on 6.1.
    var since = "6.1"

    var testDescription: String { table }

    /// A table that both take: what the kernel prints of it is what ours is satisfied by, and its status reads.
    static func taken(
        _ table: String, below: String? = nil, messagesBelow: [String] = [], isReadOnly: Bool = false,
        messages: [(text: String, answer: String?)] = [], isResumed: Bool = true, since: String = "6.1"
    ) -> KernelCase {
        KernelCase(
            table: table, kernel: .taken, ours: .taken, below: below, messagesBelow: messagesBelow, isReadOnly: isReadOnly,
            messages: messages, isResumed: isResumed, since: since)
    }

    /// A table that both refuse.
    static func refused(_ table: String, below: String? = nil, messagesBelow: [String] = [], isReadOnly: Bool = false) -> KernelCase {
        KernelCase(table: table, kernel: .refused, ours: .refused, below: below, messagesBelow: messagesBelow, isReadOnly: isReadOnly)
    }

    /// A table of which the two think differently, for a reason.
    static func differs(
        _ table: String, kernel: Verdict, ours: Verdict, because reason: String, below: String? = nil, messagesBelow: [String] = [],
        isReadOnly: Bool = false
    ) -> KernelCase {
        KernelCase(
            table: table, kernel: kernel, ours: ours, reason: reason, below: below, messagesBelow: messagesBelow, isReadOnly: isReadOnly)
    }
}
