import DmsetupFrontend
import Testing

@Suite("reports")
struct ReportTests {
    struct Animal {
        var name: String
        var legs: UInt32
        var sound: String
    }

    static let animals = [
        Animal(name: "cow", legs: 4, sound: "moo"), Animal(name: "duck", legs: 2, sound: "quack"),
        Animal(name: "big cat", legs: 4, sound: "roar"), Animal(name: "snake", legs: 0, sound: ""),
    ]

    static var fields: ReportFieldSet<Animal> {
        ReportFieldSet(
            sections: [
                ReportSection(ReportSections(rawValue: 1), "Animal", prefix: "animal_"),
                ReportSection(ReportSections(rawValue: 2), "Noise", prefix: "noise_"),
            ],
            fields: [
                ReportField(ReportSections(rawValue: 1), .string, "Name", 6, "animal_name", "What it is.") { ReportValue($0.name) },
                ReportField(ReportSections(rawValue: 1), .number, "Legs", 4, "legs", "How many.") { ReportValue($0.legs) },
                ReportField(ReportSections(rawValue: 2), .string, "Sound", 3, "sound_made", "What it says.") { ReportValue($0.sound) },
            ])
    }

    /// What is printed, then what is logged.
    private func report(
        _ names: String, keys: String = "", selection: String? = nil, sections: ReportSections = [],
        _ change: (inout ReportLayout) -> Void = { _ in }
    ) -> [String] {
        let log = FakeLog()
        var layout = ReportLayout()
        change(&layout)
        var lines: [String] = []
        if let report = try? Report(Self.fields, layout, names: names, keys: keys, selection: selection, sections: sections, log: log) {
            for animal in Self.animals { _ = try? report.add(animal) }
            report.print { lines.append($0) }
        }
        return lines + log.lines.filter { !$0.hasPrefix("(") }
    }

    private func names(_ selection: String) -> [String] {
        report("animalname", selection: selection) {
            $0.hasHeadings = false; $0.isAligned = false
        }
    }

    @Test("columns are as wide as their widest entry, numbers to the right")
    func aligned() {
        #expect(
            report("animal_name,legs,sound_made")
                == [
                    "Name    Legs Sound", "cow        4 moo  ", "duck       2 quack", "big cat    4 roar ", "snake      0      ",
                ].map { $0 })
    }

    @Test("a heading that is wider than its column is cut")
    func cutHeading() {
        #expect(report("sound_made", selection: "animal_name=cow") == ["Sou", "moo"])
    }

    @Test("separators, names, quotes and rows")
    func layouts() {
        #expect(
            report("legs,animal_name", selection: "legs=2") {
                $0.isAligned = false; $0.separator = ":"
            } == ["Legs:Name", "2:duck"])
        #expect(
            report("legs,sound_made", selection: "legs=2") {
                $0.isAligned = false; $0.hasHeadings = false; $0.hasNames = true
            }
                == ["DM_LEGS='2' DM_SOUND_MADE='quack'"])
        #expect(
            report("legs", selection: "legs=2") {
                $0.isAligned = false; $0.hasHeadings = false; $0.hasNames = true; $0.isQuoted = false
            }
                == ["DM_LEGS=2"])
        #expect(
            report("animal_name,legs") {
                $0.isTransposed = true; $0.separator = ","
            }
                == ["Name,cow,duck,big cat,snake", "Legs,4,2,4,0"])
    }

    @Test("fields are found without underscores, in any case; a section's as its name and all")
    func fieldNames() {
        #expect(report("ANIMALNAME,Le_Gs", selection: "legs=0").first == "Name   Legs")
        #expect(report("animal_all", selection: "legs=0").first == "Name   Legs")
        #expect(report("all", selection: "legs=0").first == "Name   Legs Sou")
        #expect(report("legs,all", selection: "legs=0").first == "Legs Name   Legs")
        #expect(report("name", selection: "legs=0", sections: ReportSections(rawValue: 1)).first == "Name  ")
        #expect(report("bogus") == ["Unrecognised field: bogus"])
        #expect(report("legs,") == ["Unrecognised field: "])
        #expect(
            report("abcdefghijklmnopqrstuvwxyzabcdef") == [
                "f: field name too long.", "Unrecognised field: abcdefghijklmnopqrstuvwxyzabcdef",
            ])
    }

    @Test("rows are sorted by keys, also by ones that are not shown; equals stay as they were")
    func sorting() {
        func sorted(_ keys: String) -> [String] {
            report("animal_name", keys: keys) {
                $0.hasHeadings = false; $0.isAligned = false
            }
        }
        #expect(sorted("animal_name") == ["big cat", "cow", "duck", "snake"])
        #expect(sorted("-animal_name") == ["snake", "duck", "cow", "big cat"])
        #expect(sorted("+legs") == ["snake", "duck", "cow", "big cat"])
        #expect(sorted("-legs,animal_name") == ["big cat", "cow", "duck", "snake"])
        #expect(sorted("bogus") == ["dm_report: Unrecognised field: bogus"])
        #expect(sorted("-") == ["dm_report: Missing sort field name", "dm_report: Unrecognised field: -"])
    }

    @Test("selections compare, match, join and negate")
    func selections() {
        #expect(names("legs=4") == ["cow", "big cat"])
        #expect(names("legs!=4") == ["duck", "snake"])
        #expect(names("legs>2") == ["cow", "big cat"])
        #expect(names("legs>=2 && legs<4") == ["duck"])
        #expect(names("legs<=0") == ["snake"])
        #expect(names("animal_name='big cat'") == ["big cat"])
        #expect(names("animal_name=cow||animal_name=duck") == ["cow", "duck"])
        #expect(names("animal_name=cow#animal_name=duck,legs=4") == ["cow"])
        #expect(names("!(legs=4)") == ["duck", "snake"])
        #expect(names("(legs=4 || legs=0) && sound_made!=moo") == ["big cat", "snake"])
        #expect(names("sound_made=") == ["snake"])
        #expect(names("all") == ["cow", "duck", "big cat", "snake"])
        #expect(names("") == ["cow", "duck", "big cat", "snake"])
        #expect(names("selected=1") == ["cow", "duck", "big cat", "snake"])
    }

    @Test("patterns are found anywhere, unless ^ and $ tie them down")
    func patterns() {
        #expect(names("animal_name=~c") == ["cow", "duck", "big cat"])
        #expect(names("animal_name=~^c") == ["cow"])
        #expect(names("animal_name=~k$") == ["duck"])
        #expect(names("animal_name!~'[aeiou]'") == [])
        #expect(names("animal_name=~'^(cow|duck)$'") == ["cow", "duck"])
        #expect(names("animal_name=~o?w") == ["cow"])
        #expect(names("sound_made=~o+$") == ["cow"])
        #expect(names("sound_made=~'^$'") == ["snake"])
        #expect(names("animal_name=~b.*t") == ["big cat"])
        #expect(names("animal_name=~'[d-f]u'") == ["duck"])
    }

    @Test(
        "a selection that is wrong is told where it is",
        arguments: [
            ("legs=x", ["Failed to parse numeric value for selection field legs."]),
            ("legs=1%", ["Found percent value but numeric value expected for selection field legs."]),
            ("legs=1k", ["Found size unit specifier but numeric value expected for selection field legs."]),
            ("bogus=1", ["Unrecognised selection field: bogus"]),
            ("help=1", ["Selection field is uncomparable: help."]),
            ("legs", ["Unrecognised comparison operator: "]),
            ("animal_name>a", ["Operator can be used only with number, size, time or percent fields: animal_name>a"]),
            ("legs since 4", ["Operator can be used only with time fields: legs since 4"]),
            ("animal_name='a", ["Missing end quote.", "Failed to parse string value for selection field animal_name."]),
            ("animal_name=~", ["Regular expression expected for selection field animal_name"]),
            ("&&", ["Expecting field name"]),
        ])
    func wrongSelections(_ selection: String, _ errors: [String]) {
        #expect(
            names(selection) == errors + ["Selection syntax error at '\(selection)'.", "Use 'help' for selection to get more help."])
    }

    @Test("an expression that is wrong is told what it lacks")
    func wrongExpressions() {
        #expect(names("(legs=1") == ["Syntax error: right parenthesis expected at ''"])
        #expect(names("!legs=1") == ["Syntax error: left parenthesis expected at 'legs=1'"])
        #expect(
            names("legs=1 x") == [
                "Expecting logical operator", "Selection syntax error at 'x'.", "Use 'help' for selection to get more help.",
            ])
        #expect(names("legs=~1") == ["dm_report: incompatible comparison type for selection field legs"])
        #expect(
            names("animal_name=~'a('").suffix(2) == [
                "Couldn't parse regex", "dm_report: failed to create regex matcher for selection field animal_name",
            ])
    }

    @Test("a field that tells whether the row is selected shows them all")
    func selected() {
        #expect(
            report("selected,animal_name", selection: "legs=2") {
                $0.hasHeadings = false; $0.isAligned = false
            } == ["0 cow", "1 duck", "0 big cat", "0 snake"])
    }

    @Test("help is a list of the fields, and there are no rows")
    func help() {
        let log = FakeLog()
        let report = try? Report(Self.fields, ReportLayout(), names: "help", keys: "", selection: nil, sections: [], log: log)
        var lines: [String] = []
        _ = try? report?.add(Self.animals[0])
        report?.print { lines.append($0) }
        #expect(lines == [])
        #expect(log.lines.contains("(  legs        - How many.)"))
        #expect(log.lines.contains("(  animal_all  - All fields of this section.)"))
    }
}
