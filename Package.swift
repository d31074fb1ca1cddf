// swift-tools-version: 6.2
import PackageDescription

/// Settings of every target of ours. Warnings become errors when `WARNINGS_AS_ERRORS` is set, as `scripts/test` does:
/// a newer compiler's new warning must never break somebody who only depends on this package.
let settings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        // Only to return a part of a span from a function, which Swift 6.3 has no stable spelling for yet; swift-nio does the same.
        .enableExperimentalFeature("Lifetimes"),
    ] + (Context.environment["WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)])

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A module of the package, lowest layer first: a module may depend only on modules above it in this list.
/// `Tests/ArchitectureTests` holds every import to this order.
struct Module {
    var name: String
    var dependencies: [Target.Dependency] = []
    var isProduct = true
    var hasTests = true
    /// Whether its tests read files from a folder `Fixtures` beside them.
    var hasFixtures = false
    /// What only its tests need.
    var testDependencies: [Target.Dependency] = []
}

let modules: [Module] = [
    Module(name: "StorageUnits", dependencies: ["CShims"]),
    Module(name: "BlockIO", dependencies: ["StorageUnits", "CShims", system]),
    Module(name: "DeviceMapperTables", dependencies: ["StorageUnits"], hasFixtures: true),
    Module(name: "BlockCrypto", dependencies: ["StorageUnits", "CGcrypt"]),
    Module(name: "DiskFormats", dependencies: ["StorageUnits", "BlockIO"]),
    Module(
        name: "DeviceMapperControl", dependencies: ["StorageUnits", "BlockIO", "DeviceMapperTables", "CShims", system, logging],
        testDependencies: ["CDeviceMapperHeader"]),
    Module(
        name: "UserspaceVolumes",
        dependencies: ["StorageUnits", "BlockIO", "DeviceMapperTables", "BlockCrypto", "DiskFormats", "CShims", system, logging]),
    Module(
        name: "DeviceMapper",
        dependencies: ["StorageUnits", "BlockIO", "DeviceMapperTables", "DiskFormats", "DeviceMapperControl", "UserspaceVolumes"],
        hasTests: false),
    Module(name: "CrashTesting", dependencies: ["StorageUnits", "BlockIO", "DeviceMapperTables", "DiskFormats", "UserspaceVolumes"]),
    Module(
        name: "DmsetupFrontend", dependencies: ["StorageUnits", "DeviceMapperTables", "DeviceMapperControl", "CShims", system],
        isProduct: false),
    Module(
        name: "VolumeLaws",
        dependencies: ["StorageUnits", "BlockIO", "DeviceMapperTables", "DeviceMapperControl", "UserspaceVolumes", system],
        isProduct: false, hasTests: false),
]

let package = Package(
    name: "swift-device-mapper",
    platforms: [.macOS(.v26)],
    products: modules.filter(\.isProduct).map { .library(name: $0.name, targets: [$0.name]) }
        + [.executable(name: "devmap", targets: ["devmap"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.6.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin.git", from: "1.4.0"),
    ],
    targets: [
        .target(name: "CShims"),
        // The kernel's header, which no library needs: tests compare the package's numbers and layouts with it.
        .target(name: "CDeviceMapperHeader", path: "Tests/CDeviceMapperHeader"),
        .systemLibrary(
            name: "CGcrypt", pkgConfig: "libgcrypt",
            providers: [.apt(["libgcrypt20-dev"]), .brew(["libgcrypt"])]),
    ]
        + modules.map { .target(name: $0.name, dependencies: $0.dependencies, swiftSettings: settings) }
        + modules.filter(\.hasTests).map {
            .testTarget(
                name: $0.name + "Tests", dependencies: [.byName(name: $0.name), "VolumeLaws"] + $0.dependencies + $0.testDependencies,
                exclude: $0.hasFixtures ? ["Fixtures"] : [], swiftSettings: settings)
        }
        + [
            .executableTarget(
                name: "devmap",
                dependencies: [
                    "CShims", "StorageUnits", "BlockIO", "DeviceMapperTables", "DiskFormats", "UserspaceVolumes", "DeviceMapper",
                    "DmsetupFrontend",
                    argumentParser, logging,
                ],
                swiftSettings: settings),
            // What holds the whole package to its rules, and to the real tools: see Tests/README.md.
            .testTarget(name: "ArchitectureTests", swiftSettings: settings),
            .testTarget(name: "CommandTests", dependencies: ["devmap", "VolumeLaws"], swiftSettings: settings),
            .testTarget(name: "InteropTests", dependencies: ["DeviceMapper", "VolumeLaws", "devmap"], swiftSettings: settings),
            .testTarget(
                name: "KernelTests", dependencies: ["DeviceMapper", "CrashTesting", "VolumeLaws", "devmap"], swiftSettings: settings),
        ]
)
