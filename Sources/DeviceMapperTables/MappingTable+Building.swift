public import StorageUnits

extension MappingTable {
    /// A target and how many sectors it takes; where they begin, the table knows.
    public struct Segment: Sendable {
        /// The number of sectors.
        public var length: Sectors
        /// What they are mapped to.
        public var target: any Target
    }

    /// Makes a table of segments, each where the one before it ends:
    ///
    ///     let table = try MappingTable {
    ///         LinearTarget(device: "/dev/sda", start: 2048).spanning(65536)
    ///         for disk in spares { LinearTarget(device: disk).spanning(32768) }
    ///         if needsTail { ZeroTarget().spanning(8) }
    ///     }
    ///
    /// Line numbers in errors count segments from 1.
    public init(@SegmentBuilder _ segments: () throws(TableError) -> [Segment]) throws(TableError) {
        var lines: [Line] = []
        var end = Sectors.zero
        for segment in try segments() {
            guard let range = SectorRange(start: end, length: segment.length) else { throw Self.tooLong(line: lines.count + 1) }
            lines.append(Line(range, segment.target))
            end = range.end
        }
        try self.init(lines)
    }

    /// Collects segments.
    @resultBuilder public enum SegmentBuilder {
        public static func buildExpression(_ segment: Segment) -> [Segment] { [segment] }
        public static func buildExpression(_ segments: [Segment]) -> [Segment] { segments }
        public static func buildBlock(_ parts: [Segment]...) -> [Segment] { parts.flatMap { $0 } }
        public static func buildOptional(_ part: [Segment]?) -> [Segment] { part ?? [] }
        public static func buildEither(first part: [Segment]) -> [Segment] { part }
        public static func buildEither(second part: [Segment]) -> [Segment] { part }
        public static func buildArray(_ parts: [[Segment]]) -> [Segment] { parts.flatMap { $0 } }
        public static func buildLimitedAvailability(_ part: [Segment]) -> [Segment] { part }
    }
}

extension Target {
    /// This target over `length` sectors, as a line of a table that is built from segments.
    public func spanning(_ length: Sectors) -> MappingTable.Segment { MappingTable.Segment(length: length, target: self) }
}
