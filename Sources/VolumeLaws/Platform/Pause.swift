#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Sleeps for a millisecond, for a test that waits for something which nothing tells it of.
public func pause() { usleep(1000) }
