/// The rules of ARCHITECTURE.md and CONTRIBUTING.md that a program can check. Each takes the text of a file, and tells what is wrong with it.
enum SourceRules {
    // MARK: imports

    /// What each module may import, besides Swift's own `Synchronization`: only modules of a lower layer.
    static let mayImport: [String: Set<String>] = {
        let umbrella: Set = [
            "StorageUnits", "BlockIO", "DeviceMapperTables", "DiskFormats", "DeviceMapperControl", "UserspaceVolumes",
        ]
        return [
            "StorageUnits": ["CShims"],
            "BlockIO": ["StorageUnits", "SystemPackage", "CShims"],
            "DeviceMapperTables": ["StorageUnits"],
            "BlockCrypto": ["StorageUnits", "CGcrypt"],
            "DiskFormats": ["StorageUnits", "BlockIO"],
            "DeviceMapperControl": ["StorageUnits", "BlockIO", "DeviceMapperTables", "CShims", "SystemPackage", "Logging"],
            "UserspaceVolumes": [
                "StorageUnits", "BlockIO", "DeviceMapperTables", "BlockCrypto", "DiskFormats", "CShims", "SystemPackage", "Logging",
            ],
            "DeviceMapper": umbrella,
            "CrashTesting": ["StorageUnits", "BlockIO", "DeviceMapperTables", "DiskFormats", "UserspaceVolumes"],
            "DmsetupFrontend": ["StorageUnits", "DeviceMapperTables", "DeviceMapperControl", "CShims", "SystemPackage"],
            "VolumeLaws": umbrella.union(["SystemPackage"]),
            "devmap": umbrella.union([
                "DeviceMapper", "DmsetupFrontend", "CShims", "SystemPackage", "Logging", "ArgumentParser", "Foundation",
            ]),
        ]
    }()

    /// The C library, by its names on the systems.
    static let systemLibraries: Set = ["Glibc", "Musl", "Darwin"]

    /// The modules that a file imports.
    static func imports(of source: SwiftSource) -> [String] {
        source.code.flatMap { $0.split(separator: ";") }.compactMap { statement in
            var words = statement.split { $0 == " " || $0 == "\t" }
            while let word = words.first, word.hasPrefix("@") || ["public", "package", "internal", "private", "fileprivate"].contains(word)
            {
                words.removeFirst()
            }
            guard words.first == "import", words.count > 1 else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "typealias", "func", "var", "let", "actor"]
            let path = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
            return path.split(separator: ".").first.map(String.init)
        }
    }

    /// Imports that point up, or out of the package where only others may; Foundation among them.
    static func wrongImports(_ source: SwiftSource) -> [String] {
        guard let allowed = mayImport[source.module] else { return ["\(source.path): the module \(source.module) is not in the layers"] }
        return imports(of: source)
            .filter { !allowed.contains($0) && $0 != "Synchronization" && !systemLibraries.contains($0) }
            .map { "\(source.path): \(source.module) may not import \($0)" }
    }

    // MARK: the system

    /// Files outside `Platform` that import the C library, or tell systems apart, and are not among `exceptions`; and files of the tables,
    /// which are text and know no system at all.
    static func wrongPlatform(_ source: SwiftSource, exceptions: Set<String>) -> [String] {
        let isPlatform = source.path.split(separator: "/").dropLast().contains("Platform") || exceptions.contains(source.path)
        guard !isPlatform || source.module == "DeviceMapperTables" else { return [] }
        return platformUses(of: source).map { "\(source.path): \($0) belongs into a folder 'Platform'" }
    }

    /// Exceptions that are none.
    static func needlessExceptions(_ exceptions: Set<String>, in sources: [SwiftSource]) -> [String] {
        let used = Set(sources.filter { !platformUses(of: $0).isEmpty }.map(\.path))
        return exceptions.subtracting(used).sorted().map { "\($0): listed as knowing the system, which it does not" }
    }

    private static func platformUses(of source: SwiftSource) -> [String] {
        imports(of: source).filter(systemLibraries.contains).map { "import \($0)" }
            + source.code.compactMap { line in
                let words = line.split(separator: " ")
                guard let first = words.first, ["#if", "#elseif"].contains(first) else { return nil }
                guard line.contains("os(") || line.contains("canImport(") || line.contains("arch(") else { return nil }
                return words.joined(separator: " ")
            }
    }

    // MARK: unsafe code

    /// Whether a file has expressions marked `unsafe`, or a variable that is `nonisolated(unsafe)`.
    static func isUnsafe(_ source: SwiftSource) -> Bool {
        source.code.contains { line in
            var rest = line
            while let found = rest.firstRange(of: "unsafe") {
                let before = rest[..<found.lowerBound].last
                let behind = rest[found.upperBound...].first
                // `@unsafe` warns users of a declaration; `unsafeLoad` and the like are names.
                if before.map({ !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "@" && $0 != "." }) ?? true,
                    behind.map({ !$0.isLetter && !$0.isNumber && $0 != "_" }) ?? true
                {
                    return true
                }
                rest = rest[found.upperBound...]
            }
            return false
        }
    }

    /// Where the list in a section of ARCHITECTURE.md and the files disagree.
    static func wrongUnsafeList(_ listed: [String], in sources: [SwiftSource]) -> [String] {
        let unsafe = Set(sources.filter(isUnsafe).map(\.path))
        return unsafe.subtracting(listed).sorted().map { "\($0): unsafe, and not listed in ARCHITECTURE.md" }
            + Set(listed).subtracting(unsafe).sorted().map { "\($0): listed in ARCHITECTURE.md as unsafe, which it is not" }
    }

    /// The files that a section of a document lists: one in back quotes at the beginning of each point, with a reason behind it.
    /// `nil` when there is no such section.
    static func files(in section: String, of document: String) -> (files: [String], wrong: [String])? {
        let lines = document.split(separator: "\n", omittingEmptySubsequences: false)
        guard let heading = lines.firstIndex(of: "## \(section)") else { return nil }
        var files: [String] = []
        var wrong: [String] = []
        for line in lines[(heading + 1)...].prefix(while: { !$0.hasPrefix("## ") && !$0.hasPrefix("# ") }) where line.hasPrefix("- ") {
            let parts = line.dropFirst(2).split(separator: "`", omittingEmptySubsequences: false)
            guard parts.count >= 3, parts[0].isEmpty, parts[2].hasPrefix(": "), parts[2].count > 10 else {
                wrong.append("'\(line)': expected a file in back quotes, a colon, and why")
                continue
            }
            if files.contains(String(parts[1])) { wrong.append("\(parts[1]): listed twice") }
            files.append(String(parts[1]))
        }
        return (files, wrong)
    }

    // MARK: traps

    /// Ways to end the process that nobody has to answer for.
    static func traps(_ source: SwiftSource) -> [String] {
        source.code.enumerated().flatMap { number, line in
            ["fatalError(", "try!", "as!"].filter { trap in
                guard let found = line.firstRange(of: trap) else { return false }
                return line[..<found.lowerBound].last.map { !$0.isLetter && !$0.isNumber && $0 != "_" } ?? true
            }
            .map { "\(source.path), line \(number + 1): \($0)" }
        }
    }

    // MARK: files

    /// Names that say nothing of what is in a file.
    static func wrongName(_ source: SwiftSource) -> [String] {
        var words: [String] = []
        for character in source.baseName {
            if character.isUppercase || words.isEmpty || !character.isLetter { words.append("") }
            words[words.count - 1].append(character)
        }
        let empty: Set = ["util", "utils", "utility", "utilities", "helper", "helpers", "common", "misc", "miscellaneous", "stuff"]
        return words.contains { empty.contains($0.lowercased()) } ? ["\(source.path): the name does not say what the file holds"] : []
    }

    /// A file that nobody reads in one go.
    static let largestFile = 24 << 10

    static func wrongSize(_ source: SwiftSource) -> [String] {
        let size = source.text.utf8.count
        return size > largestFile ? ["\(source.path): \(size) bytes are too many for one file, of which the most is \(largestFile)"] : []
    }

    // MARK: concurrency

    /// `@unchecked Sendable` without a comment on its line that says why it holds.
    static func uncheckedWithoutReason(_ source: SwiftSource) -> [String] {
        let lines = source.text.split(separator: "\n", omittingEmptySubsequences: false)
        return zip(lines, source.code).enumerated().compactMap { number, line in
            guard line.1.contains("@unchecked") else { return nil }
            let reason = line.0.firstRange(of: "//").map { line.0[$0.upperBound...].split(separator: " ") } ?? []
            return reason.count >= 2 ? nil : "\(source.path), line \(number + 1): @unchecked Sendable without the reason in a comment"
        }
    }
}
