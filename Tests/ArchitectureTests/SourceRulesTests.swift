import Testing

/// The rules find what they are for, and nothing else.
@Suite struct SourceRulesTests {
    private func source(_ text: String, _ path: String = "BlockIO/Example.swift") -> SwiftSource { SwiftSource(path, text) }

    private func code(_ text: String) -> String { source(text).code.joined(separator: "\n") }

    // MARK: what is code

    @Test("comments and the contents of strings are no code, interpolations are")
    func scansCode() {
        #expect(code("a // b\nc") == "a \nc")
        #expect(code("a /* b /* c */ d\n */ e") == "a \n e")
        #expect(code("/// doc\nx") == "\nx")
        #expect(code(#"f("a // \" b")"#) == #"f("")"#)
        #expect(code(#"f("a \(g(1) + "x\(y)") b")"#) == #"f("(g(1) + "(y)")")"#)
        #expect(code(##"f(#"a " \( b \#(c) "#)"##) == #"f("(c)")"#)
        #expect(code("f(\"\"\"\n  a \"b\" \\(c)\n  \"\"\") // d") == "f(\"\n(c)\n\") ")
        #expect(code("#if x\n#\"a\"# + b") == "#if x\n\"\" + b")
        #expect(code("/* not closed") == "")
        #expect(code("\"not closed") == "\"\"")
    }

    // MARK: imports

    @Test("imports are found, however they are written")
    func findsImports() {
        let text = """
            import A
            public import B
            @_exported public import C
            @preconcurrency internal import D
              internal import struct E.Part
            import F.Sub; import G
            // import No
            let importance = "import No"
            func import_(no: Int) {}
            """
        #expect(SourceRules.imports(of: source(text)) == ["A", "B", "C", "D", "E", "F", "G"])
    }

    @Test(
        "an import that points up or sideways is found",
        arguments: [
            ("StorageUnits", "BlockIO"), ("BlockIO", "DeviceMapperTables"), ("BlockIO", "BlockCrypto"), ("DeviceMapperTables", "BlockIO"),
            ("DeviceMapperTables", "CShims"), ("DeviceMapperTables", "SystemPackage"), ("BlockCrypto", "CShims"),
            ("UserspaceVolumes", "DeviceMapper"), ("UserspaceVolumes", "VolumeLaws"), ("DeviceMapper", "BlockCrypto"),
            ("VolumeLaws", "DeviceMapper"), ("StorageUnits", "Foundation"), ("BlockIO", "FoundationEssentials"), ("VolumeLaws", "Testing"),
        ])
    func findsWrongImports(_ module: String, _ imported: String) {
        let source = source("internal import \(imported)\ninternal import Synchronization", "\(module)/Example.swift")
        #expect(SourceRules.wrongImports(source) == ["\(module)/Example.swift: \(module) may not import \(imported)"])
    }

    @Test("what a module may import is no mistake, and a module that nobody knows is one")
    func allowsImports() {
        for (module, allowed) in SourceRules.mayImport {
            let text = allowed.map { "internal import \($0)\n" }.joined() + "internal import Synchronization"
            #expect(SourceRules.wrongImports(source(text, "\(module)/Example.swift")) == [])
        }
        #expect(SourceRules.wrongImports(source("", "New/Example.swift")) == ["New/Example.swift: the module New is not in the layers"])
    }

    @Test("the layers have no circle")
    func layersAreALadder() {
        var rest = SourceRules.mayImport
        while !rest.isEmpty {
            let lowest = rest.filter { $0.value.allSatisfy { rest[$0] == nil } }
            guard !lowest.isEmpty else {
                Issue.record("\(rest.keys.sorted()) import each other")
                return
            }
            for module in lowest.keys { rest[module] = nil }
        }
    }

    // MARK: the system

    @Test(
        "the C library, and telling systems apart, are found outside Platform",
        arguments: [
            ("internal import Glibc", "import Glibc"), ("import Musl", "import Musl"), ("public import Darwin", "import Darwin"),
            ("#if os(Linux)\n#endif", "#if os(Linux)"), ("  #if canImport(Glibc)\n#endif", "#if canImport(Glibc)"),
            ("#if DEBUG\n#elseif os(macOS)\n#endif", "#elseif os(macOS)"), ("#if !os(Linux)\n#endif", "#if !os(Linux)"),
            ("#if arch(x86_64)\n#endif", "#if arch(x86_64)"),
        ])
    func findsPlatform(_ text: String, _ use: String) {
        #expect(
            SourceRules.wrongPlatform(source(text), exceptions: []) == ["BlockIO/Example.swift: \(use) belongs into a folder 'Platform'"])
        #expect(SourceRules.wrongPlatform(source(text), exceptions: ["BlockIO/Example.swift"]) == [])
        #expect(SourceRules.wrongPlatform(source(text, "BlockIO/Platform/Example.swift"), exceptions: []) == [])
        #expect(SourceRules.wrongPlatform(source(text, "BlockIO/Platform.swift"), exceptions: []).count == 1)
        // The tables know no system, in no folder and by no exception.
        let table = source(text, "DeviceMapperTables/Platform/Example.swift")
        #expect(SourceRules.wrongPlatform(table, exceptions: ["DeviceMapperTables/Platform/Example.swift"]).count == 1)
    }

    @Test("other conditions are no mistake")
    func allowsConditions() {
        #expect(SourceRules.wrongPlatform(source("#if DEBUG\n#endif\n// #if os(Linux)\nlet a = \"#if os(Linux)\""), exceptions: []) == [])
    }

    @Test("an exception that nothing needs is found")
    func findsNeedlessExceptions() {
        let sources = [source("import Glibc", "BlockIO/A.swift"), source("", "BlockIO/B.swift")]
        #expect(
            SourceRules.needlessExceptions(["BlockIO/A.swift", "BlockIO/B.swift", "BlockIO/C.swift"], in: sources) == [
                "BlockIO/B.swift: listed as knowing the system, which it does not",
                "BlockIO/C.swift: listed as knowing the system, which it does not",
            ])
    }

    // MARK: unsafe code

    @Test(
        "unsafe expressions are found",
        arguments: [
            "let a = unsafe b", "unsafe f()", "try unsafe f()", "for unsafe a in b {}", "x = [unsafe y]",
            "nonisolated(unsafe) var a = 1", "let text = \"a \\(unsafe b)\"", "let unsafely = 1; unsafe f()",
        ])
    func findsUnsafe(_ text: String) { #expect(SourceRules.isUnsafe(source(text))) }

    @Test(
        "words that only look like it are not",
        arguments: [
            "// unsafe", "/// It is unsafe to\nfunc f() {}", "let a = \"unsafe\"", "@unsafe func f() {}", "bytes.unsafeLoad(as: x)",
            "let unsafely = 1", "func notunsafe() {}", "a.unsafe", "let is_unsafe = 1",
        ])
    func allowsSafe(_ text: String) { #expect(!SourceRules.isUnsafe(source(text))) }

    @Test("a list of unsafe files is neither too short nor too long")
    func comparesUnsafeList() {
        let sources = [source("unsafe f()", "BlockIO/A.swift"), source("f()", "BlockIO/B.swift"), source("unsafe f()", "BlockIO/C.swift")]
        #expect(SourceRules.wrongUnsafeList(["BlockIO/C.swift", "BlockIO/A.swift"], in: sources) == [])
        #expect(
            SourceRules.wrongUnsafeList(["BlockIO/A.swift", "BlockIO/B.swift", "BlockIO/D.swift"], in: sources) == [
                "BlockIO/C.swift: unsafe, and not listed in ARCHITECTURE.md",
                "BlockIO/B.swift: listed in ARCHITECTURE.md as unsafe, which it is not",
                "BlockIO/D.swift: listed in ARCHITECTURE.md as unsafe, which it is not",
            ])
    }

    @Test("the files of a section are read, with a reason each")
    func readsSections() throws {
        let document = """
            # Title
            ## Other
            - `BlockIO/No.swift`: of another section
            ## Unsafe code

            Why there is any:
            - `BlockIO/A.swift`: memory that it owns, `mmap`
              and a second line
            - `BlockIO/B.swift`: calls of the system

            ## Next
            - `BlockIO/C.swift`: of another section
            """
        let list = try #require(SourceRules.files(in: "Unsafe code", of: document))
        #expect(list.files == ["BlockIO/A.swift", "BlockIO/B.swift"])
        #expect(list.wrong == [])
        #expect(SourceRules.files(in: "Safe code", of: document) == nil)
    }

    @Test(
        "a point without its file or its reason, and a file that is listed twice, are found",
        arguments: [
            ("- BlockIO/A.swift: a good reason", "'- BlockIO/A.swift: a good reason': expected a file in back quotes, a colon, and why"),
            ("- `BlockIO/A.swift`", "'- `BlockIO/A.swift`': expected a file in back quotes, a colon, and why"),
            ("- `BlockIO/A.swift`: so", "'- `BlockIO/A.swift`: so': expected a file in back quotes, a colon, and why"),
            ("- `BlockIO/Z.swift`: a good reason", "BlockIO/Z.swift: listed twice"),
        ])
    func findsWrongPoints(_ point: String, _ expected: String) throws {
        let document = "## Unsafe code\n- `BlockIO/Z.swift`: a good reason\n\(point)\n"
        #expect(try #require(SourceRules.files(in: "Unsafe code", of: document)).wrong == [expected])
    }

    // MARK: traps

    @Test("traps are found with their line")
    func findsTraps() {
        #expect(
            SourceRules.traps(source("let a = 1\nfatalError(\"x\")\nlet b = try! f()\nlet c = d as! E")) == [
                "BlockIO/Example.swift, line 2: fatalError(", "BlockIO/Example.swift, line 3: try!", "BlockIO/Example.swift, line 4: as!",
            ])
    }

    @Test("words that only look like traps are not")
    func allowsOtherWords() {
        let text = "// try! fatalError( as!\nlet a = \"as!\"\nnotfatalError()\ntry f()\na as? B\nhas!\nlet b = !c"
        #expect(SourceRules.traps(source(text)) == [])
    }

    // MARK: files

    @Test(
        "names that say nothing are found",
        arguments: [
            "Utils", "Helpers", "Common", "Misc", "StringUtils", "TestHelper", "Helpers+Text", "Array+Utilities", "utils", "CommonTypes",
        ])
    func findsNames(_ name: String) {
        #expect(
            SourceRules.wrongName(source("", "BlockIO/Sub/\(name).swift")) == [
                "BlockIO/Sub/\(name).swift: the name does not say what the file holds"
            ])
    }

    @Test("other names are no mistake", arguments: ["Sectors", "Volume+Requests", "Commonwealth", "Miscount", "CShims", "Utilization"])
    func allowsNames(_ name: String) { #expect(SourceRules.wrongName(source("", "BlockIO/\(name).swift")) == []) }

    @Test("a file of 24 KiB is not too large, one of a byte more is")
    func findsSizes() {
        #expect(SourceRules.wrongSize(source(String(repeating: "x", count: 24 << 10))) == [])
        #expect(
            SourceRules.wrongSize(source(String(repeating: "x", count: (24 << 10) + 1))) == [
                "BlockIO/Example.swift: 24577 bytes are too many for one file, of which the most is 24576"
            ])
    }

    // MARK: concurrency

    @Test("@unchecked Sendable needs its reason on its own line")
    func findsUnchecked() {
        let expected = ["BlockIO/Example.swift, line 2: @unchecked Sendable without the reason in a comment"]
        #expect(SourceRules.uncheckedWithoutReason(source("\nclass A: @unchecked Sendable {")) == expected)
        #expect(SourceRules.uncheckedWithoutReason(source("// immutable after init\nclass A: @unchecked Sendable {")) == expected)
        #expect(SourceRules.uncheckedWithoutReason(source("\nclass A: @unchecked Sendable {  //")) == expected)
        #expect(SourceRules.uncheckedWithoutReason(source("\nclass A: @unchecked Sendable {  // fine")) == expected)
        #expect(SourceRules.uncheckedWithoutReason(source("class A: @unchecked Sendable {  // immutable after init")) == [])
        #expect(SourceRules.uncheckedWithoutReason(source("// @unchecked Sendable\nlet a = \"@unchecked\"")) == [])
    }
}
