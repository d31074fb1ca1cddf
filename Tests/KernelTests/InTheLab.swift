import Glibc
import Testing

/// Every test that needs a kernel with device mapper, and a machine that nobody minds: one after the other, for they share its devices.
///
///     swift build --build-tests
///     scripts/kernel-lab .build/debug/swift-device-mapperPackageTests.xctest --testing-library swift-testing --filter KernelTests
@Suite(.serialized, .enabled(if: unsafe getenv("KERNEL_LAB_GUEST") != nil, "run with scripts/kernel-lab"))
enum InTheLab {}
