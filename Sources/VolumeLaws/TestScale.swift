#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// How often a random test runs: `full` times in a long run, a part of that otherwise. The environment's `TEST_SCALE` says how large a part,
/// in percent; without it, 10. At least once.
public func scaled(_ full: Int) -> Int { max(1, full * percent / 100) }

private let percent: Int = {
    guard let value = unsafe getenv("TEST_SCALE"), let percent = unsafe Int(String(cString: value)), percent > 0 else { return 10 }
    return percent
}()
