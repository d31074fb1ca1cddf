import DmsetupFrontend
import Testing

@Suite struct StatisticsGroupTests {
    @Test(
        "Lists of regions are read, and written in the shortest way",
        arguments: [("0", "0"), ("0,1", "0-1"), ("5,0-2", "0-2,5"), ("1-1,3,4,7", "1,3-4,7"), ("0,2,4", "0,2,4")])
    func lists(_ text: String, _ shortest: String) throws {
        let ranges = try #require(StatisticsGroup.ranges(text))
        let group = try #require(StatisticsGroup(Set(ranges.joined()).sorted(), alias: nil))
        #expect(group.list == shortest)
    }

    @Test(
        "What is no list of regions is refused",
        arguments: ["", ",", "1,", "-1", "1-", "x", "1-x", "2-1", "1-2-3", "+1", " 1", "2147483648"])
    func wrongLists(_ text: String) { #expect(StatisticsGroup.ranges(text) == nil) }

    @Test("A list of very many regions takes no more room than its text")
    func largeList() { #expect(StatisticsGroup.ranges("0-2147483647,1-2147483647") == [0...2_147_483_647, 1...2_147_483_647]) }

    @Test(
        "A description in auxiliary data is read as it was written, with the program's own data", arguments: [nil, "alias", "a b", "#"],
        ["", "note", "x#y:z"])
    func descriptions(_ alias: String?, _ own: String) throws {
        let group = try #require(StatisticsGroup([3, 4, 5, 9], alias: alias))
        guard case .group(alias, [3...5, 9...9], own) = StatisticsGroup.Description(group.auxiliaryData(own)) else {
            Issue.record("\(group.auxiliaryData(own)): \(StatisticsGroup.Description(group.auxiliaryData(own)))")
            return
        }
    }

    @Test func descriptionsAreDmsetups() throws {
        #expect(try #require(StatisticsGroup([0, 1], alias: "both")).auxiliaryData("") == "DMS_GROUP=both:0-1#-")
        #expect(try #require(StatisticsGroup([0], alias: nil)).auxiliaryData("note") == "DMS_GROUP=:0#note")
        // As newer ones write it.
        guard case .group("both", [0...1], "") = StatisticsGroup.Description(#"DMS_GROUP="both":0-1#-"#) else {
            Issue.record("an alias between quotes")
            return
        }
    }

    @Test(
        "What is wrong with a description is said",
        arguments: [
            ("DMS_GROUP=", "Found malformed group tag while reading aux_data", "DMS_GROUP="),
            ("DMS_GROUP=x:y#-", "Could not parse member list while reading group aux_data", "DMS_GROUP=x"),
            ("DMS_GROUP=:#-", "Could not parse member list while reading group aux_data", "DMS_GROUP="),
        ])
    func malformed(_ text: String, _ message: String, _ data: String) {
        guard case .malformed(message, data) = StatisticsGroup.Description(text) else {
            Issue.record("\(StatisticsGroup.Description(text))")
            return
        }
    }

    @Test("A group is without a region that goes, and nothing without its last")
    func without() throws {
        let group = try #require(StatisticsGroup([0, 1, 2], alias: "a"))
        #expect(group.without(1)?.members == [0, 2])
        #expect(group.without(1)?.alias == "a")
        #expect(StatisticsGroup([4], alias: nil)?.without(4) == nil)
        #expect(StatisticsGroup([], alias: nil) == nil)
    }
}
