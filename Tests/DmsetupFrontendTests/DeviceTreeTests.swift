import DmsetupFrontend
import StorageUnits
import Testing

@Suite("the tree of devices")
struct DeviceTreeTests {
    /// Devices with the minor numbers of those that they use. From 100 on they are no mapped devices.
    private func tree(_ uses: [(UInt32, [UInt32])]) -> DeviceTree {
        func number(_ minor: UInt32) -> DeviceNumber { DeviceNumber(major: minor < 100 ? 254 : 7, minor: minor) }
        var tree = DeviceTree()
        for (minor, _) in uses {
            tree.add(number(minor)) { wanted in
                var node = DeviceTree.Node(number: wanted)
                guard wanted.major == 254 else { return (node, []) }
                node.isMapped = true
                node.name = "d\(wanted.minor)"
                node.uuid = "u\(wanted.minor)"
                return (node, uses.first { number($0.0) == wanted }?.1.map(number) ?? [])
            }
        }
        return tree
    }

    private func draw(_ uses: [(UInt32, [UInt32])], _ options: String, width: Int = 80) -> [String] {
        var parsed = TreeOptions()
        parsed.width = width
        do throws(TreeOptions.Failure) { try parsed.read(options) } catch { return [error.message] }
        var drawing = TreeDrawing(tree(uses), parsed) { "k\($0.minor)" }
        return drawing.draw().split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    private let stack: [(UInt32, [UInt32])] = [(0, [100]), (1, [0, 2]), (2, [100, 101]), (3, [])]

    @Test("a device is on top until one is found that uses it")
    func plain() {
        #expect(
            draw(stack, "ascii") == [
                "d1 (254:1)", " |-d0 (254:0)", " |  `- (7:100)", " `-d2 (254:2)", "    |- (7:100)", "    `- (7:101)", "d3 (254:3)",
            ])
    }

    @Test("upside down, the devices at the bottom come first")
    func inverted() {
        #expect(
            draw(stack, "ascii,inverted") == [
                " (7:100)", " |-d0 (254:0)", " |  `-d1 (254:1)", " `-d2 (254:2)", "    `-d1 (254:1)", " (7:101)", " `-d2 (254:2)",
                "    `-d1 (254:1)", "d3 (254:3)",
            ])
    }

    @Test("compact, a device and the first that it uses share a line")
    func compact() {
        #expect(
            draw(stack, "utf,compact") == [
                "d1 (254:1)─┬─d0 (254:0)─── (7:100)", "           └─d2 (254:2)─┬─ (7:100)", "                        └─ (7:101)",
                "d3 (254:3)",
            ])
    }

    @Test("attributes stand behind the number")
    func attributes() {
        #expect(draw([(0, [])], "ascii,active,rw,open,uuid,blkdevname") == ["d0 <k0> (254:0) [ACTIVE, RW, 0, u0]"])
        #expect(draw([(0, [])], "ascii,nodevice") == ["d0"])
    }

    @Test("lines are as long as the terminal is wide, with points where more would follow")
    func truncated() {
        #expect(draw([(0, [])], "ascii", width: 40) == ["d0 (254:0)"])
        #expect(draw([(0, [])], "ascii", width: 11) == ["d0 (254:0)"])
        #expect(draw([(0, [])], "ascii", width: 10) == ["d0 (254:0)"])
        #expect(draw([(0, [])], "ascii", width: 8) == ["d0 (254..."])
        #expect(draw([(0, [])], "ascii,notrunc", width: 8) == ["d0 (254:0)"])
    }

    @Test("words are understood as soon as they are clear, and others are not")
    func words() {
        #expect(draw([(0, [])], "x,ascii") == ["Tree options not recognised: x,ascii."])
        #expect(draw([(0, [])], "as,no") == ["d0"])
    }
}
