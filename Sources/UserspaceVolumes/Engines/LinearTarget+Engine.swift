internal import BlockIO
public import DeviceMapperTables

extension LinearTarget: UserspaceTarget {
    public func makeEngine(in context: EngineContext) throws(MappingError) -> any TargetEngine {
        try SliceDevice(try context.open(device, start: start))
    }
}

/// A slice of a device is all there is to a linear line.
extension SliceDevice: TargetEngine {
    /// The part of a device that a line maps to.
    convenience init(_ part: EngineContext.Part) throws(MappingError) {
        do throws(BlockIOError) {
            try self.init(of: part.device, start: part.start, count: part.count)
        } catch {
            throw MappingError(error)
        }
    }
}
