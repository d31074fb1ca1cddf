import DeviceMapperTables
import StorageUnits
import Testing
import VolumeLaws

/// The laws of every target's text, for every example of every target that the package knows.
@Suite struct TargetLawsTests {
    static let types = TargetRegistry.standard.types
    static let examples = TargetLaws.examples(of: .standard)

    @Test("there are examples of every target")
    func coverage() {
        #expect(Self.examples.count >= Self.types.count)
        for type in Self.types { #expect(TargetLaws.describesItself(type) == [], "\(type)") }
    }

    @Test("an example parses and validates", arguments: examples)
    func parses(_ example: TargetLaws.Example) { #expect(TargetLaws.parses(example) == []) }

    @Test("what is printed reads as the same table, and prints alike", arguments: examples)
    func roundTrips(_ example: TargetLaws.Example) { #expect(TargetLaws.roundTrips(example) == []) }

    @Test("without its last words a line is refused, or keeps what is left", arguments: examples)
    func fewerWords(_ example: TargetLaws.Example) { #expect(TargetLaws.refusesOrKeepsFewerWords(example) == []) }

    @Test("a word too many is refused where it stands", arguments: examples)
    func moreWords(_ example: TargetLaws.Example) { #expect(TargetLaws.refusesMoreWords(example) == []) }

    @Test("rubbish in the place of a word is refused with a place, or survives", arguments: examples)
    func rubbish(_ example: TargetLaws.Example) { #expect(TargetLaws.standsRubbish(example) == []) }

    @Test("a line of no sectors is refused", arguments: examples)
    func noSectors(_ example: TargetLaws.Example) { #expect(TargetLaws.refusesNoSectors(example) == []) }

    @Test("every beginning of the text is refused or survives", arguments: examples)
    func truncation(_ example: TargetLaws.Example) { #expect(TargetLaws.standsTruncation(example) == []) }

    @Test("text with a wrong byte is refused or survives", arguments: examples)
    func wrongBytes(_ example: TargetLaws.Example) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        #expect(TargetLaws.standsCorruption(example, count: scaled(5_000), using: &random) == [], "seed \(seed)")
    }

    @Test("devices are replaced, all of them and nothing else", arguments: examples)
    func devices(_ example: TargetLaws.Example) { #expect(TargetLaws.mapsItsDevices(example) == []) }

    static let reportExamples = ReportLaws.examples(of: .standard)

    @Test("statuses and messages are explained")
    func reportsAreExplained() { for type in Self.types { #expect(ReportLaws.describesItsReports(type) == [], "\(type)") } }

    @Test("a status or message reads, and prints as it is", arguments: reportExamples)
    func reports(_ example: ReportLaws.Example) { #expect(ReportLaws.roundTrips(example) == []) }

    @Test("without its last words a status or message is refused with a place, or keeps what is left", arguments: reportExamples)
    func fewerWordsOfReports(_ example: ReportLaws.Example) { #expect(ReportLaws.refusesOrKeepsFewerWords(example) == []) }

    @Test("a word too many of a status or message is refused where it stands, or kept", arguments: reportExamples)
    func moreWordsOfReports(_ example: ReportLaws.Example) { #expect(ReportLaws.refusesOrKeepsMoreWords(example) == []) }

    @Test("rubbish in a status or message is refused with a place, or survives", arguments: reportExamples)
    func rubbishInReports(_ example: ReportLaws.Example) { #expect(ReportLaws.standsRubbish(example) == []) }

    @Test("a target is what a kernel makes of it that prints every word")
    func isSatisfiedByItself() throws {
        // Of this number a kernel prints half, so that the same number is that of another table.
        for example in Self.examples where !example.words.contains("max_write_behind") {
            let table = try MappingTable(parsing: example.description)
            #expect(table.isSatisfied(by: table), "\(example)")
        }
    }

    // MARK: the laws are broken by targets that break them

    /// A target with one word and one number, right by itself; the mistakes are made by `mistake`.
    struct Faulty<Mistake: MistakeOfATarget>: Target {
        static var typeName: String { Mistake.name }
        static var syntax: TargetSyntax {
            TargetSyntax(summary: Mistake.summary, usage: "<device> <number>", examples: [.init(length: 8, "/dev/sda 5 10")])
        }
        var device: DeviceReference
        var number: UInt64
        var last: UInt64

        init(parsing arguments: inout ArgumentReader) throws(TableError) {
            device = try arguments.device("device")
            number = try Mistake.number(&arguments)
            last = try Mistake.last(&arguments)
        }
        func write(to arguments: inout ArgumentWriter) {
            arguments.append(device)
            arguments.append(Mistake.written(number))
            arguments.append(last)
        }
        mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { Mistake.map(&device, transform) }
        func validate(length: Sectors) throws(TableError) {}
    }

    private func example<Mistake: MistakeOfATarget>(_ mistake: Mistake.Type) -> TargetLaws.Example {
        TargetLaws.Example(Faulty<Mistake>.self, Faulty<Mistake>.syntax.examples[0])
    }

    private func corruption(_ example: TargetLaws.Example) -> [String] {
        var random = SeededGenerator(seed: 1)
        return TargetLaws.standsCorruption(example, count: 0, using: &random)
    }

    @Test("a target without a mistake breaks no law")
    func faultless() {
        let example = example(NoMistake.self)
        #expect(TargetLaws.describesItself(example.type) == [])
        for law in [
            TargetLaws.parses, TargetLaws.roundTrips, TargetLaws.refusesOrKeepsFewerWords, TargetLaws.refusesMoreWords,
            TargetLaws.standsRubbish, TargetLaws.refusesNoSectors, TargetLaws.standsTruncation, TargetLaws.mapsItsDevices, corruption,
        ] {
            #expect(law(example) == [])
        }
    }

    @Test("a target that prints another number breaks the law of round trips, and those of wrong text")
    func printsAnother() {
        let example = example(PrintsAnother.self)
        #expect(TargetLaws.parses(example) == [])
        #expect(
            TargetLaws.roundTrips(example).first?.hasSuffix("is printed as another table, '0 8 faulty /dev/sda 6 10\n'") == true)
        #expect(!TargetLaws.standsTruncation(example).isEmpty)
        #expect(!TargetLaws.standsRubbish(example).isEmpty)
        #expect(!corruption(example).isEmpty)
    }

    @Test("a target that makes up a missing word breaks the law of fewer words")
    func makesUpWords() {
        #expect(
            TargetLaws.refusesOrKeepsFewerWords(example(MakesUpWords.self)) == [
                "'0 8 faulty /dev/sda 5' is read as '0 8 faulty /dev/sda 5 0\n'"
            ])
    }

    @Test("a target that eats words too many breaks the law of more words")
    func eatsWords() {
        #expect(TargetLaws.refusesMoreWords(example(EatsWords.self)) == ["'surplus' is read as a part of '0 8 faulty /dev/sda 5 10\n'"])
    }

    @Test("a target that forgets where its mistakes are breaks the laws of places")
    func forgetsPlaces() {
        let example = example(ForgetsPlaces.self)
        #expect(
            TargetLaws.refusesOrKeepsFewerWords(example).first
                == "'0 8 faulty /dev/sda': expected word 5 to be missing, found notANumber, wrong")
        #expect(TargetLaws.standsRubbish(example).first?.hasSuffix("is refused without its place: wrong") == true)
    }

    @Test("a target that shows control characters breaks the law of messages")
    func showsControlCharacters() {
        #expect(corruption(example(ShowsControlCharacters.self)).contains { $0.contains("is refused with the message 'wrong: \u{0B}") })
    }

    @Test("a target that keeps its device to itself, or changes it, breaks the law of devices")
    func keepsDevices() {
        #expect(
            TargetLaws.mapsItsDevices(example(KeepsDevices.self)) == [
                "replacing every device leaves [/dev/sda]", "replacing every device changes nothing",
            ])
        #expect(TargetLaws.mapsItsDevices(example(ChangesDevices.self)).contains("replacing each device by itself changes the target"))
    }

    @Test("a target whose example is wrong, or that does not say what it is, breaks those laws")
    func wrongExamples() {
        let example = TargetLaws.Example(LinearTarget.self, .init(length: 8, "a x"))
        #expect(TargetLaws.parses(example) == ["refused: line 2, word 5: start sector: 'x' is not a number"])
        #expect(TargetLaws.mapsItsDevices(example) == ["it does not parse"])
        #expect(
            TargetLaws.describesItself(Faulty<DescribesNothing>.self) == [
                "the name '' has not 1 to 15 bytes", "the summary is no sentence: ''",
            ])
        #expect(TargetLaws.describesItself(UnknownTarget.self).contains("there are no examples"))
    }
}

/// A mistake that a target makes; by default none.
protocol MistakeOfATarget: Hashable, Sendable {
    static var name: String { get }
    static var summary: String { get }
    static func number(_ arguments: inout ArgumentReader) throws(TableError) -> UInt64
    static func last(_ arguments: inout ArgumentReader) throws(TableError) -> UInt64
    static func written(_ number: UInt64) -> UInt64
    static func map(_ device: inout DeviceReference, _ transform: (DeviceReference) -> DeviceReference)
}

extension MistakeOfATarget {
    static var name: String { "faulty" }
    static var summary: String { "A test." }
    static func number(_ arguments: inout ArgumentReader) throws(TableError) -> UInt64 { try arguments.number("number") }
    static func last(_ arguments: inout ArgumentReader) throws(TableError) -> UInt64 { try arguments.number("last") }
    static func written(_ number: UInt64) -> UInt64 { number }
    static func map(_ device: inout DeviceReference, _ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }
}

enum NoMistake: MistakeOfATarget {}
enum PrintsAnother: MistakeOfATarget {
    static func written(_ number: UInt64) -> UInt64 { number &+ 1 }
}
enum MakesUpWords: MistakeOfATarget {
    static func last(_ arguments: inout ArgumentReader) throws(TableError) -> UInt64 {
        arguments.isAtEnd ? 0 : try arguments.number("last")
    }
}
enum EatsWords: MistakeOfATarget {
    static func last(_ arguments: inout ArgumentReader) throws(TableError) -> UInt64 {
        let last = try arguments.number("last")
        while !arguments.isAtEnd { _ = try arguments.word("anything") }
        return last
    }
}
enum ForgetsPlaces: MistakeOfATarget {
    static func number(_ arguments: inout ArgumentReader) throws(TableError) -> UInt64 {
        guard !arguments.isAtEnd, let number = UInt64(try arguments.word("number")) else { throw TableError(.notANumber, message: "wrong") }
        return number
    }
}
enum ShowsControlCharacters: MistakeOfATarget {
    static func number(_ arguments: inout ArgumentReader) throws(TableError) -> UInt64 {
        let word = try arguments.word("number")
        guard let number = UInt64(word) else { throw arguments.error(.notANumber, "wrong: \u{0B}\(word)") }
        return number
    }
}
enum KeepsDevices: MistakeOfATarget {
    static func map(_ device: inout DeviceReference, _ transform: (DeviceReference) -> DeviceReference) {
        // It tells of a device, and goes on using its own.
        if transform("/dev/sda") == "/dev/law" { return }
    }
}
enum ChangesDevices: MistakeOfATarget {
    static func map(_ device: inout DeviceReference, _ transform: (DeviceReference) -> DeviceReference) {
        device = .path("\(transform(device))x")
    }
}
enum DescribesNothing: MistakeOfATarget {
    static var name: String { "" }
    static var summary: String { "" }
}
