// A counter on a disk, and a test that it survives a crash at any moment.

import BlockIO
import CrashTesting

/// Counts in two sectors in turn: the one that was written last has the larger number.
struct Counter {
    let disk: any BlockDevice

    func value() throws -> UInt8 { try max(disk.read(at: 0, count: 1)[0], disk.read(at: 512, count: 1)[0]) }

    func increase() throws {
        let next = try value() + 1
        try disk.write([next], at: UInt64(next % 2) * 512)
        try disk.flush()  // without it the test fails
    }
}

struct Lost: Error {}

let report = try CrashTest(size: .kibibytes(64)).run { disk in
    for number in 1...5 {
        try Counter(disk: disk).increase()
        disk.mark("\(number)")
    }
} check: { crash in
    let promised = crash.marks.compactMap { UInt8($0) }.last ?? 0
    guard try Counter(disk: crash.device).value() >= promised else { throw Lost() }
}
print("\(report.states) states were checked")
