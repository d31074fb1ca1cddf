import DeviceMapper
import Foundation
import Testing

@Suite("devmap targets, devmap help")
struct HelpCommandTests {
    let devmap: Devmap
    init() throws { devmap = try Devmap() }

    @Test("every target is listed with what it does, and whether a volume can have it")
    func targets() throws {
        let result = try devmap("targets")
        #expect(result.status == 0 && result.errors == "")
        let lines = result.text.split(separator: "\n").map(String.init)
        for type in TargetRegistry.standard.types {
            let line = try #require(lines.first { $0.hasPrefix(type.typeName + " ") }, "\(type.typeName)")
            #expect(line.hasSuffix("  " + type.syntax.summary))
            #expect(line.contains(" volume ") == (type is any UserspaceTarget.Type))
        }
        #expect(lines.count == TargetRegistry.standard.types.count + 1)
    }

    @Test("the list is told as JSON, too")
    func json() throws {
        struct Row: Decodable {
            var name, summary: String
            var inUserSpace: Bool
        }
        let rows = try JSONDecoder().decode([Row].self, from: Data(try devmap("targets", "--json").output))
        #expect(rows.map(\.name) == TargetRegistry.standard.types.map { $0.typeName }.sorted())
        #expect(rows.first { $0.name == "crypt" }?.inUserSpace == true)
    }

    @Test(
        "help for a target has its syntax, every option, message and status word, and examples that lint",
        arguments: TargetRegistry.standard.types.map { $0.typeName })
    func target(_ name: String) throws {
        let syntax = try #require(TargetRegistry.standard[name]).syntax
        let result = try devmap("help", name)
        #expect(result.status == 0 && result.errors == "")
        #expect(result.text.hasPrefix("\(name): \(syntax.summary)\n"))
        #expect(result.text.contains("<start> <length> \(name)\(syntax.usage.isEmpty ? "" : " \(syntax.usage)")\n"))
        for term in syntax.options + syntax.messages + syntax.status {
            #expect(result.text.contains("  \(term.words)\n      \(term.meaning)\n"))
        }
        for text in syntax.statusExamples + syntax.messageExamples where !text.isEmpty { #expect(result.text.contains("  \(text)\n")) }
        let examples = result.text.split(separator: "\n").filter { $0.hasPrefix("  0 ") }.map { String($0.dropFirst(2)) }
        let lines = examples.filter { $0.split(separator: " ").dropFirst(2).first == name[...] }
        #expect(lines.count >= syntax.examples.count)
        for line in lines {
            let lint = try devmap("lint", "-", input: Array(line.utf8))
            #expect(lint.status == 0 && lint.errors == "", "\(line): \(lint.errors)")
        }
    }

    @Test("help for a command is that command's own")
    func command() throws {
        #expect(try devmap("help", "volume", "copy").text == devmap("volume", "copy", "--help").text)
        #expect(try devmap("help").text == devmap("--help").text)
    }

    @Test("help for what there is not is a usage error")
    func nothing() throws {
        let result = try devmap("help", "nothing")
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(
            result.errors.hasPrefix("Error: there is no target or command 'nothing'; 'devmap targets' lists the targets.\n"))
    }
}
