import DeviceMapper
import Testing
import VolumeLaws

extension InTheLab {
    /// Every table that is taken, with one word changed: both take it, or both refuse it. The exceptions are listed, each kind with its reason.
    struct MutationTests {
        /// A kind of difference: what the one who refuses says of it, and why the other does not refuse.
        struct Difference: Sendable {
            /// The target, or nothing for all.
            var target: String?
            /// A part of what the one who refuses says.
            var says: String
            /// Why that is right.
            var because: String

            init(_ target: String?, _ says: String, because: String) {
                self.target = target
                self.says = says
                self.because = because
            }

            func explains(_ target: String, _ reason: String) -> Bool {
                (self.target == nil || self.target == target) && reason.contains(says)
            }
        }

        @Test("a table with one word changed is taken by both or refused by both", arguments: TargetCaseTests.groups)
        func mutations(_ group: TargetCaseTests.Group) throws {
            let bench = try CaseBench()
            defer { do { try bench.close() } catch { Issue.record(error) } }
            // The same share of them each time: what is not asked about here is in the full run.
            let stride = max(1, 100 / scaled(100))
            var number = 0
            let log = try KernelLog()
            _ = log.reasons()
            var counts = (taken: 0, refused: 0, explained: 0)
            for one in group.current where one.kernel == .taken && one.ours == .taken {
                try bench.with(one) { text in
                    for mutated in Self.mutations(of: text, bench) {
                        number += 1
                        guard number % stride == 0 else { continue }
                        try bench.empty(one)
                        let (ours, hasUnknownWords) = verdict(on: mutated)
                        let kernels = try bench.refusal(of: mutated, isReadOnly: one.isReadOnly)
                        let reasons = log.reasons()
                        switch (ours, kernels) {
                        case (nil, nil): counts.taken += 1
                        case (.some, .some): counts.refused += 1
                        case (nil, .some(let kernels)):
                            let reason = reasons.first ?? kernels
                            // An option that a newer kernel may have is kept; devmap lint warns of it.
                            if hasUnknownWords || Self.onlyTheKernel.contains(where: { $0.explains(group.name, reason) }) {
                                counts.explained += 1
                            } else {
                                Issue.record("only the kernel refuses (\(reason)): \(mutated)")
                            }
                        case (.some(let ours), nil):
                            if Self.onlyHere.contains(where: { $0.explains(group.name, ours) }) {
                                counts.explained += 1
                            } else {
                                Issue.record("only refused here (\(ours)): \(mutated)")
                            }
                        }
                    }
                }
            }
            print("\(group.name): \(counts.taken) taken by both, \(counts.refused) refused by both, \(counts.explained) explained")
        }

        /// Why a table is refused, or whether it has words that are not known.
        private func verdict(on text: String) -> (refusal: String?, hasUnknownWords: Bool) {
            do throws(TableError) {
                return (nil, try MappingTable(parsing: text).lines.contains { !$0.target.unknownWords.isEmpty })
            } catch {
                return (error.description, false)
            }
        }

        /// Every table that differs from `text` in one word of its first line's arguments.
        static func mutations(of text: String, _ bench: CaseBench) -> [String] {
            var lines = text.split(separator: "\n").map(String.init)
            let words = lines[0].split(separator: " ").map(String.init)
            var seen: Set<String> = [lines[0]]
            var mutations: [String] = []
            func add(_ changed: [String]) {
                lines[0] = changed.joined(separator: " ")
                if seen.insert(lines[0]).inserted { mutations.append(lines.joined(separator: "\n")) }
            }
            for index in words.indices.dropFirst(3) {
                for word in changes(of: words[index], bench) {
                    var changed = words
                    changed[index] = word
                    add(changed)
                }
                var fewer = words
                fewer.remove(at: index)
                add(fewer)
                var more = words
                more.insert(words[index], at: index)
                add(more)
            }
            add(words + ["x"])
            add(words + ["0"])
            return mutations
        }

        /// What a word is replaced by: a device only by another, for whether there is one is nothing that a text tells.
        private static func changes(of word: String, _ bench: CaseBench) -> [String] {
            if word.contains("/") || word.split(separator: ":").count == 2 && word.allSatisfy({ $0.isNumber || $0 == ":" }) {
                return [bench.filled("$H")]
            }
            if let number = UInt64(word) {
                return ["0", "1", "3", "\(number &+ 1)", "\(number &- 1)", "\(number &* 2)", "\(number / 2)", "65536", "-1", "x"]
            }
            return ["x", "0", word.uppercased(), word + "x", String(word.dropLast())].filter { !$0.isEmpty }
        }
    }
}
