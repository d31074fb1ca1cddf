import Foundation
import Testing

/// Every source file of the package, held to the rules of ARCHITECTURE.md.
@Suite struct ArchitectureTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    /// The Swift files below a folder of the package, with their paths in it.
    static func sources(below folder: String) throws -> [SwiftSource] {
        let folder = root.appending(path: folder, directoryHint: .isDirectory).path(percentEncoded: false)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".swift") }.sorted()
        return try paths.map { SwiftSource($0, try String(contentsOfFile: folder + $0, encoding: .utf8)) }
    }

    static let sources: [SwiftSource] = (try? sources(below: "Sources")) ?? []

    /// The files of a section of ARCHITECTURE.md.
    private func listed(_ section: String) throws -> [String] {
        let document = try String(contentsOf: Self.root.appending(path: "ARCHITECTURE.md"), encoding: .utf8)
        let list = try #require(SourceRules.files(in: section, of: document), "ARCHITECTURE.md has no section '\(section)'")
        #expect(list.wrong == [])
        return list.files
    }

    @Test("the sources are found, of every module and no other")
    func found() {
        #expect(Set(Self.sources.map(\.module)) == Set(SourceRules.mayImport.keys))
        #expect(Self.sources.count > 50)
        #expect(Self.sources.contains { $0.path == "StorageUnits/Sectors.swift" })
    }

    @Test("an import only ever points down, and no library imports Foundation")
    func imports() { #expect(Self.sources.flatMap(SourceRules.wrongImports) == []) }

    @Test("only files in Platform, and those that ARCHITECTURE.md lists, know the C library or the system, and those of the tables never")
    func platform() throws {
        let exceptions = Set(try listed("Files that know the system"))
        #expect(Self.sources.flatMap { SourceRules.wrongPlatform($0, exceptions: exceptions) } == [])
        #expect(SourceRules.needlessExceptions(exceptions, in: Self.sources) == [])
    }

    @Test("only the files that ARCHITECTURE.md lists are unsafe, and all of them are")
    func unsafe() throws { #expect(SourceRules.wrongUnsafeList(try listed("Unsafe code"), in: Self.sources) == []) }

    @Test("no source ends the process with fatalError, try! or as!")
    func traps() { #expect(Self.sources.flatMap(SourceRules.traps) == []) }

    @Test("every file's name says what it holds")
    func names() throws {
        #expect(Self.sources.flatMap(SourceRules.wrongName) == [])
        #expect(try Self.sources(below: "Tests").flatMap(SourceRules.wrongName) == [])
    }

    @Test("no source file has more than 24 KiB")
    func sizes() { #expect(Self.sources.flatMap(SourceRules.wrongSize) == []) }

    @Test("every @unchecked Sendable says why")
    func unchecked() { #expect(Self.sources.flatMap(SourceRules.uncheckedWithoutReason) == []) }

    @Test("tests see what is public or of the package, nothing else")
    func testable() throws {
        let tests = try Self.sources(below: "Tests")
        #expect(tests.count > 50)
        #expect(tests.filter { $0.code.contains { $0.contains("@testable") } }.map(\.path) == [])
    }
}
