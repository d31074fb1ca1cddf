import DeviceMapper
import Testing
import VolumeLaws

extension InTheLab {
    /// Every target's tables, statuses and messages beside a real kernel.
    struct TargetCaseTests {
        /// The cases of a target.
        struct Group: CustomTestStringConvertible, Sendable {
            var name: String
            var cases: [KernelCase]
            var testDescription: String { name }

            /// Those that this kernel is asked about.
            var current: [KernelCase] {
                cases.filter { CaseBench.version($0.since) <= CaseBench.kernel }
            }
        }

        static let groups = [
            Group(name: "linear", cases: KernelCase.linear), Group(name: "striped", cases: KernelCase.striped),
            Group(name: "crypt", cases: KernelCase.crypt), Group(name: "zero", cases: KernelCase.zero),
            Group(name: "error", cases: KernelCase.error),
            Group(name: "delay", cases: KernelCase.delay), Group(name: "flakey", cases: KernelCase.flakey),
            Group(name: "verity", cases: KernelCase.verity), Group(name: "integrity", cases: KernelCase.integrity),
            Group(name: "snapshot", cases: KernelCase.snapshot),
            Group(name: "snapshot-origin", cases: KernelCase.snapshotOrigin),
            Group(name: "snapshot-merge", cases: KernelCase.snapshotMerge),
            Group(name: "era", cases: KernelCase.era), Group(name: "clone", cases: KernelCase.clone),
            Group(name: "switch", cases: KernelCase.switch), Group(name: "unstriped", cases: KernelCase.unstriped),
            Group(name: "ebs", cases: KernelCase.ebs), Group(name: "log-writes", cases: KernelCase.logWrites),
            Group(name: "dust", cases: KernelCase.dust), Group(name: "thin-pool", cases: KernelCase.thinPool),
            Group(name: "thin", cases: KernelCase.thin), Group(name: "cache", cases: KernelCase.cache),
            Group(name: "writecache", cases: KernelCase.writecache),
            Group(name: "mirror", cases: KernelCase.mirror), Group(name: "raid", cases: KernelCase.raid),
            Group(name: "multipath", cases: KernelCase.multipath),
        ]

        private func withBench(_ body: (CaseBench) throws -> Void) throws {
            let bench = try CaseBench()
            defer { do { try bench.close() } catch { Issue.record(error) } }
            try body(bench)
        }

        private func refusal(of text: String) -> TableError? {
            do throws(TableError) {
                _ = try MappingTable(parsing: text)
                return nil
            } catch {
                return error
            }
        }

        @Test("there are cases of every target, and 200 of them or more that are taken")
        func coverage() {
            #expect(Set(Self.groups.map(\.name)) == Set(TargetRegistry.standard.types.map { $0.typeName }))
            #expect(Self.groups.reduce(0) { $0 + $1.cases.count { $0.kernel == .taken && $0.ours == .taken } } >= 200)
        }

        @Test("dmsetup loads what is printed, and the kernel's table, status and answers read as what they are", arguments: groups)
        func taken(_ group: Group) throws {
            try withBench { bench in
                for one in group.current where one.kernel == .taken && one.ours == .taken {
                    try bench.with(one) { text in try take(one, text, bench) }
                }
            }
        }

        private func take(_ one: KernelCase, _ text: String, _ bench: CaseBench) throws {
            let loaded: MappingTable
            do throws(TableError) { loaded = try MappingTable(parsing: text) } catch {
                Issue.record("'\(text)' is refused: \(error)")
                return
            }
            let printed = loaded.withText(keys: .shown) { text in String(decoding: text.indices.map { text[$0] }, as: UTF8.self) }
            do {
                guard one.isResumed else {
                    #expect(try bench.refusal(of: printed, isReadOnly: one.isReadOnly) == nil, "\(printed)")
                    return
                }
                try bench.withDevice(printed, isReadOnly: one.isReadOnly) { name in
                    try compare(loaded, with: name)
                    for (message, answer) in one.messages { try tell(bench.filled(message), name, answer, one) }
                }
            } catch {
                Issue.record("'\(printed)': \(error)")
            }
        }

        /// The kernel's table is what was loaded, and its status prints as it was read.
        private func compare(_ loaded: MappingTable, with name: String) throws {
            let lines = try ControlDevice.table(of: name)
            let text = lines.map { "\($0.start) \($0.length) \($0.target) \(String(decoding: $0.arguments, as: UTF8.self))\n" }.joined()
            let reported = try MappingTable(parsing: text)
            #expect(try CaseBench.numbered(loaded).isSatisfied(by: reported), "loaded: \(loaded)reported: \(text)")
            for line in try ControlDevice.status(of: name) {
                // unstriped, zero and error print nothing, and leave what was there.
                let status = String(decoding: line.arguments, as: UTF8.self)
                guard let type = TargetRegistry.standard[line.target] else { continue }
                let words = status.split(separator: " ").joined(separator: " ")
                #expect(try printed(status, type) == words, "status of \(loaded)")
            }
        }

        private func printed<T: Target>(_ text: String, _ type: T.Type) throws -> String {
            let range = try #require(SectorRange(start: 0, length: 8))
            var writer = ArgumentWriter(keys: .shown)
            try StatusLine(range: range, typeName: T.typeName, text: text).status(of: type).write(to: &writer)
            return writer.string
        }

        private func tell(_ message: String, _ name: String, _ answer: String?, _ one: KernelCase) throws {
            guard let target = one.table.split(separator: " ").dropFirst(2).first.map(String.init),
                let type = TargetRegistry.standard[target]
            else { return }
            try tell(message, name, answer, type)
        }

        private func tell<T: Target>(_ message: String, _ name: String, _ answer: String?, _ type: T.Type) throws {
            let typed = try T.Message(message)
            let said = try ControlDevice.send(typed.text(keys: .shown), to: name)
            let trimmed = said.map { $0.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n") }
            #expect(trimmed?.trimmed == answer?.trimmed, "\(message)")
            _ = try typed.reply(parsing: said)
        }

        @Test("what is refused here the kernel refuses too, and where the two differ it is for a reason", arguments: groups)
        func verdicts(_ group: Group) throws {
            try withBench { bench in
                for one in group.current where one.kernel == .refused || one.ours == .refused {
                    try bench.with(one) { text in
                        let kernels = try bench.refusal(of: text, isReadOnly: one.isReadOnly)
                        let ours = refusal(of: text)
                        let said = "kernel: \(kernels ?? "taken"), here: \(ours?.description ?? "taken"), for: \(text)"
                        #expect((kernels == nil ? .taken : .refused) == one.kernel, "\(said)")
                        #expect((ours == nil ? .taken : .refused) == one.ours, "\(said)")
                        #expect(one.kernel == one.ours || !one.reason.isEmpty)
                    }
                }
            }
        }
    }
}

extension String {
    /// Without the blanks and ends of lines behind it.
    fileprivate var trimmed: Substring { self[..<(lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? startIndex)] }
}
