import DeviceMapperTables
import Testing

@Suite struct TableErrorTests {
    @Test("an error tells its line and word, where it has them")
    func text() {
        #expect(TableError(.emptyTable, message: "nothing").description == "nothing")
        #expect(TableError(.emptyTable, word: 3, message: "nothing").description == "word 3: nothing")
        #expect(TableError(.emptyTable, line: 2, message: "nothing").description == "line 2: nothing")
        #expect(TableError(.emptyTable, line: 2, word: 3, message: "nothing").description == "line 2, word 3: nothing")
    }

    @Test("codes have names, and are all different")
    func codes() {
        let codes: [(TableError.Code, String)] = [
            (.missingWord, "missingWord"), (.unexpectedWord, "unexpectedWord"), (.notANumber, "notANumber"), (.outOfRange, "outOfRange"),
            (.invalidValue, "invalidValue"), (.invalidText, "invalidText"), (.misplacedLine, "misplacedLine"), (.emptyTable, "emptyTable"),
            (.invalidLength, "invalidLength"),
        ]
        for (code, name) in codes { #expect(code.description == name) }
        #expect(Set(codes.map(\.0)).count == codes.count)
    }
}
