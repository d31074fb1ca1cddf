internal import StorageUnits

/// The tree of the kernel's devices.
extension Dmsetup {
    /// The tree, and whether all of it was found.
    func buildTree() throws(Told) -> (DeviceTree, isComplete: Bool) {
        var tree = DeviceTree()
        try openKernel()
        do throws(Told) {
            try forEachDevice { (device) throws(Told) in
                try tree.add(device.number) { (number) throws(Told) in try lookAt(number) }
            }
        } catch {
            return (tree, false)
        }
        return (tree, true)
    }

    private func lookAt(_ number: DeviceNumber) throws(Told) -> (DeviceTree.Node, uses: [DeviceNumber]) {
        var node = DeviceTree.Node(number: number)
        guard number.major == mapperMajor else { return (node, []) }
        let task = DeviceTask(.deps)
        setNumber(task, (Int32(bitPattern: number.major), Int32(bitPattern: number.minor)))
        let answer: DeviceAnswer
        do throws(Told) { answer = try run(task) } catch {
            output.error("_deps: task run failed for (\(number))")
            throw error
        }
        node.isMapped = true
        node.name = answer.name
        node.uuid = answer.uuid
        node.isSuspended = answer.flags.contains(.suspended)
        node.isReadOnly = answer.flags.contains(.readOnly)
        node.openCount = answer.reply.openCount
        return (node, answer.reply.dependencies)
    }

    func drawTree() throws(Told) {
        var isComplete = true
        do throws(Told) { _ = try tree() } catch { isComplete = false }
        if let tree = treeSoFar {
            var drawing = TreeDrawing(tree, treeOptions) { [names] in names.kernelName(of: $0) }
            output.print(drawing.draw())
        }
        if !isComplete { throw Told() }
    }
}
