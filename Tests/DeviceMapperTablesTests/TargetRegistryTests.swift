import DeviceMapperTables
import StorageUnits
import Testing

@Suite struct TargetRegistryTests {
    /// Another `linear`, that takes one word.
    struct ShortLinear: Target {
        static let typeName = "linear"
        static let syntax = TargetSyntax(summary: "A test.", usage: "<word>", examples: [])
        var word: String
        init(parsing arguments: inout ArgumentReader) throws(TableError) { word = try arguments.word("word") }
        func write(to arguments: inout ArgumentWriter) { arguments.append(word) }
        mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {}
        func validate(length: Sectors) throws(TableError) {}
    }

    @Test("the standard registry knows each of its types by its name")
    func standard() {
        #expect(
            TargetRegistry.standard.types.map { $0.typeName }.sorted() == [
                "cache", "clone", "crypt", "delay", "dust", "ebs", "era", "error", "flakey", "integrity", "linear", "log-writes", "mirror",
                "multipath", "raid", "snapshot", "snapshot-merge", "snapshot-origin", "striped", "switch", "thin", "thin-pool", "unstriped",
                "verity", "writecache", "zero",
            ])
        for type in TargetRegistry.standard.types { #expect(TargetRegistry.standard[type.typeName] == type) }
        #expect(TargetRegistry.standard["Linear"] == nil)
        #expect(TargetRegistry.standard[""] == nil)
    }

    @Test("a user's type takes the place of one of the same name before it")
    func replaces() throws {
        let registry = TargetRegistry(TargetRegistry.standard.types + [ShortLinear.self])
        let table = try MappingTable(parsing: "0 8 linear word\n8 8 zero", registry: registry)
        #expect(table.lines[0].target is ShortLinear)
        #expect(table.lines[1].target is ZeroTarget)
    }

    @Test("a name that two neighbouring lines share is looked up for each of them")
    func neighbours() throws {
        let table = try MappingTable(parsing: "0 1 zero\n1 1 zero\n2 1 new\n3 1 new\n4 1 zero\n5 1 other\n6 1 new")
        #expect(table.lines.map(\.target.typeName) == ["zero", "zero", "new", "new", "zero", "other", "new"])
        #expect(table.lines.map { $0.target is UnknownTarget } == [false, false, true, true, false, true, true])
    }
}
