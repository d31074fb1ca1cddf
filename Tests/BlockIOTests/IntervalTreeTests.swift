import BlockIO
import Testing
import VolumeLaws

@Suite struct IntervalTreeTests {
    @Test func `It finds what a search through all ranges finds`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var tree = IntervalTree<Int>(minimumCapacity: 4)
        var all: [Int: (range: Range<UInt64>, value: Int)] = [:]
        func anyRange() -> Range<UInt64> {
            let start = UInt64.random(in: 0..<1000, using: &random)
            // Short ones, long ones, and empty ones, which overlap nothing.
            return start..<start + UInt64.random(in: 0...([5, 50, 2000].randomElement(using: &random) ?? 0), using: &random)
        }
        var overlaps = 0
        for step in 0..<scaled(20_000) {
            // Grows to a few hundred, shrinks to nothing, and grows again.
            if !all.isEmpty, Int.random(in: 0..<10, using: &random) < (step / 1000 % 2 == 0 ? 4 : 7) {
                guard let index = all.keys.randomElement(using: &random), let known = all.removeValue(forKey: index) else { break }
                #expect(tree.remove(index) == known.value, "seed \(seed)")
            } else {
                let range = anyRange()
                let index = tree.insert(range, step)
                #expect(all.updateValue((range, step), forKey: index) == nil, "an index is used once at a time; seed \(seed)")
            }
            #expect(tree.isEmpty == all.isEmpty, "seed \(seed)")
            let wanted = anyRange()
            var found: [Int] = []
            tree.forEach(overlapping: wanted) { index, value in
                found.append(index)
                value += 1
            }
            let expected = all.filter { $0.value.range.overlaps(wanted) }.map(\.key)
            #expect(found.sorted() == expected.sorted(), "seed \(seed)")
            #expect(found.map { all[$0]?.range.lowerBound ?? 0 } == found.map { all[$0]?.range.lowerBound ?? 0 }.sorted(), "seed \(seed)")
            for index in expected { all[index]?.value += 1 }
            overlaps += expected.count
        }
        #expect(all.allSatisfy { tree[$0.key] == $0.value.value }, "seed \(seed)")
        #expect(overlaps > 0)
    }

    @Test func `Values are changed in their places`() {
        var tree = IntervalTree<String>(minimumCapacity: 0)
        let first = tree.insert(0..<UInt64.max, "a")
        let second = tree.insert(0..<UInt64.max, "b")
        tree[first] += "c"
        #expect(tree[first] == "ac" && tree[second] == "b")
        #expect(tree.remove(first) == "ac")
        #expect(tree.remove(second) == "b")
        #expect(tree.isEmpty)
    }
}
