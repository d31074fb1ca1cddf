package import StorageUnits

/// Draws a tree of devices in characters, as wide as the terminal.
package struct TreeDrawing {
    /// Deeper devices are not shown.
    private static let mostLevels = 100

    private struct Symbols {
        var empty = "  "
        /// In front of a device behind which others follow, and of the last one.
        var branch, last: String
        /// Beside the branches of others.
        var vertical: String
        /// Between devices on a line.
        var single, first: String

        init(_ kind: TreeOptions.Symbols) {
            switch kind {
            case .ascii: (branch, last, vertical, single, first) = ("|-", "`-", "| ", "---", "-+-")
            case .utf8: (branch, last, vertical, single, first) = ("├─", "└─", "│ ", "───", "─┬─")
            case .vt100:
                func graphic(_ text: String) -> String { "\u{1b}(0\u{0f}\(text)\u{1b}(B" }
                (branch, last, vertical, single, first) = (graphic("tq"), graphic("mq"), graphic("x") + " ", graphic("qqq"), graphic("qwq"))
            }
        }
    }

    private let tree: DeviceTree
    private let options: TreeOptions
    private let symbols: Symbols
    private let kernelName: (DeviceNumber) -> String?
    private var output: [UInt8] = []
    /// How wide the names on the way to a device are, where devices share lines, and whether more devices follow at each level.
    private var widths = [Int](repeating: 0, count: mostLevels + 1)
    private var follows = [Bool](repeating: false, count: mostLevels + 1)
    /// The column of the next character, from 1.
    private var column = 1
    /// A character that may still fit: the last one of a line is shown where nothing comes behind it.
    private var held: UInt8?

    package init(_ tree: DeviceTree, _ options: TreeOptions, kernelName: @escaping (DeviceNumber) -> String?) {
        self.tree = tree
        self.options = options
        self.kernelName = kernelName
        symbols = Symbols(options.symbols)
    }

    package mutating func draw() -> String {
        draw(childrenOf: DeviceTree.root, level: 0)
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func draw(childrenOf index: Int, level: Int) {
        let children = tree.children(of: index, inverted: options.isInverted)
        for child in children {
            let hasChildren = tree.childCount(of: child, inverted: options.isInverted) > 0
            draw(child, level, isLast: child == children.last, hasChildren)
            if hasChildren { draw(childrenOf: child, level: level + 1) }
        }
    }

    private mutating func draw(_ index: Int, _ level: Int, isLast: Bool, _ hasChildren: Bool) {
        let node = tree.nodes[index]
        guard level + 2 <= Self.mostLevels, !node.name.isEmpty || options.showsNumber || options.showsKernelName else { return }
        follows[level] = !isLast
        widths[level] = 0
        let isFirstOnLine = column == 1
        if !options.sharesLines || isFirstOnLine { drawPrefix(level) }
        let start = column
        if options.sharesLines, !isFirstOnLine { write(follows[level] ? symbols.first : symbols.single) }
        write(node.name)
        if options.showsKernelName, let name = kernelName(node.number) { write(" <\(name)>") }
        if options.showsNumber { write(" (\(node.number))") }
        if options.showsAttributes { drawAttributes(node) }
        if options.sharesLines { widths[level] = column - start }
        if !options.sharesLines || !hasChildren { endLine() }
    }

    private mutating func drawAttributes(_ node: DeviceTree.Node) {
        guard node.isMapped else { return }
        var attributes: [String] = []
        if options.showsActivity { attributes.append(node.isSuspended ? "SUSPENDED" : "ACTIVE") }
        if options.showsAccess { attributes.append(node.isReadOnly ? "RO" : "RW") }
        if options.showsOpenCount { attributes.append(String(UInt32(bitPattern: node.openCount))) }
        if options.showsUUID { attributes.append(node.uuid) }
        write(" [\(attributes.joined(separator: ", "))]")
    }

    private mutating func drawPrefix(_ level: Int) {
        for upper in 0..<level {
            write(String(repeating: " ", count: widths[upper] + 1))
            if upper == level - 1 {
                write(follows[level] ? symbols.branch : symbols.last)
            } else {
                write(follows[upper + 1] ? symbols.vertical : symbols.empty)
            }
        }
    }

    private mutating func write(_ text: String) {
        for byte in text.utf8 { write(byte) }
    }

    /// A character of several bytes has one column.
    private mutating func write(_ byte: UInt8) {
        let isFirst = byte & 0xc0 != 0x80
        if isFirst { column += 1 }
        guard options.isTruncated else { return output.append(byte) }
        if column <= options.width { output.append(byte) }
        if column == options.width + 1, isFirst {
            if held != nil || byte & 0x80 != 0 {
                output += Array("...".utf8)
            } else {
                held = byte
                column -= 1
            }
        }
    }

    private mutating func endLine() {
        if let held, column == options.width { output.append(held) }
        held = nil
        output.append(UInt8(ascii: "\n"))
        column = 1
    }
}
