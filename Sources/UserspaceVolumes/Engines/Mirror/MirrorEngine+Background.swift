internal import BlockIO
internal import DeviceMapperTables
internal import StorageUnits

/// What a mirror does while nobody asks it to: it copies regions that differ, and marks regions clean.
extension MirrorEngine {
    /// How long regions stay marked at least that nobody writes.
    private static let idleTime = Duration.seconds(1)

    func cleanIdleRegions(while isWanted: () -> Bool) {
        while state.waitForIdleRegions() {
            context.clock.wait(until: context.clock.now + Self.idleTime, or: cleanerIsStopped)
            guard isWanted() else { return }
            state.clean(all: false, flushLegs: flushLegs)
        }
    }

    /// How many regions are copied before they are marked clean.
    private static let batchSize = 256

    /// Copies region after region from the leader to the others. Those that cannot be copied are not tried again until the mirror is resumed.
    func recover(while isWanted: () -> Bool) {
        let buffer = AlignedBuffer(count: Int(min(state.regionSize, 1 << 20)))
        defer { state.setCopyingPlace(nil) }
        var place = 0
        var isCopied = true
        for count in 1... {
            guard isWanted(), isCopied, let region = state.firstOutOfSync(from: place) else { break }
            place = region + 1
            let range = UInt64(region) * state.regionSize..<min(size.count, UInt64(place) * state.regionSize)
            isCopied = recover(region, range, buffer, while: isWanted)
            if isCopied { state.setCopyingPlace(place) }
            if count % Self.batchSize == 0 { state.clean(all: true, always: true, flushLegs: flushLegs) }
        }
        guard isCopied, isWanted() else { return }
        state.clean(all: true, always: true, flushLegs: flushLegs)
        state.settle()
    }

    /// Whether a region has been copied as far as it can be; otherwise it is not wanted any more.
    private func recover(_ region: Int, _ range: Range<UInt64>, _ buffer: AlignedBuffer, while isWanted: () -> Bool) -> Bool {
        let ticket = order.acquire(range, .exclusive)
        defer { order.release(ticket) }
        switch copy(range, buffer, while: isWanted) {
        case nil: return false
        case true?: state.setInSync(region, isCopied: true)
        case false? where handling == .ignore: state.setInSync(region, isCopied: false)
        default: break
        }
        return true
    }

    /// Whether all legs have the leader's bytes now; `nil` when that is not wanted any more.
    private func copy(_ range: Range<UInt64>, _ buffer: AlignedBuffer, while isWanted: () -> Bool) -> Bool? {
        let leader = state.health.leader
        let source = legs[leader]
        var isGood = true
        var place = range.lowerBound
        while place < range.upperBound {
            guard isWanted() else { return nil }
            let extent = extent(source, place..<range.upperBound)
            // The others' blocks may be larger than this leg's holes.
            let whole = extent.count & ~UInt64(limits.logicalBlockSize - 1)
            let isHole = extent.kind == .hole && whole > 0
            let count = isHole ? whole : min(max(whole, UInt64(limits.logicalBlockSize)), UInt64(buffer.count))
            do throws(BlockIOError) {
                if isHole {
                    isGood =
                        toOthers(leader) { (leg) throws(BlockIOError) in
                            try leg.device.writeZeroes(at: leg.start + place, count: count, flags: .mayUnmap)
                        } && isGood
                } else {
                    try buffer.withMutableBytes { (bytes) throws(BlockIOError) in
                        var part = bytes.part(0..<Int(count))
                        try source.device.read(at: source.start + place, into: &part)
                        isGood =
                            toOthers(leader) { (leg) throws(BlockIOError) in
                                try leg.device.write(part.bytes, at: leg.start + place)
                            } && isGood
                    }
                }
            } catch {
                note(.sync, of: leader, error)
                isGood = false
            }
            // Another may lead now, and what was not read here is not to be had from there.
            if !isGood, handling != .ignore { return false }
            place += count
        }
        return isGood
    }

    private func toOthers(_ leader: Int, _ body: (EngineContext.Part) throws(BlockIOError) -> Void) -> Bool {
        var isGood = true
        for index in legs.indices where index != leader {
            do throws(BlockIOError) { try body(legs[index]) } catch {
                note(.sync, of: index, error)
                isGood = false
            }
        }
        return isGood
    }
}
