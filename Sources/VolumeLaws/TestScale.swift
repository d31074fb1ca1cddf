#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// How many times a random test runs: `TEST_SCALE` percent of `full`, 10 percent without, and at least once.
public func scaled(_ full: Int) -> Int {
    let percent = unsafe getenv("TEST_SCALE").flatMap { unsafe Int(String(cString: $0)) } ?? 10
    return max(1, full * percent / 100)
}
