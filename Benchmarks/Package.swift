// swift-tools-version: 6.2
import PackageDescription

/// Programs that measure. They are a package of their own, so that nobody who depends on the library builds them.
let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v26)],
    dependencies: [.package(name: "swift-device-mapper", path: "..")],
    targets: [
        .executableTarget(
            name: "TableScale",
            dependencies: [
                .product(name: "DeviceMapperTables", package: "swift-device-mapper"),
                .product(name: "StorageUnits", package: "swift-device-mapper"),
            ],
            path: "TableScale",
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "VolumeSpeed",
            dependencies: ["BareLoops", .product(name: "DeviceMapper", package: "swift-device-mapper")],
            path: "VolumeSpeed",
            swiftSettings: [.swiftLanguageMode(.v6)]),
        .executableTarget(
            name: "ControlSpeed",
            dependencies: ["DevmapperLoop", .product(name: "DeviceMapper", package: "swift-device-mapper")],
            path: "ControlSpeed",
            swiftSettings: [.swiftLanguageMode(.v6)]),
        // What a program does that uses libdevmapper.
        .target(name: "DevmapperLoop", path: "DevmapperLoop", linkerSettings: [.linkedLibrary("devmapper")]),
        // What a program would do that has no volumes: system calls and libgcrypt.
        .target(name: "BareLoops", path: "BareLoops", linkerSettings: [.linkedLibrary("gcrypt")]),
    ]
)
