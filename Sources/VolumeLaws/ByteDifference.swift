#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Where two runs of bytes differ first, as a failing test shows it; `nil` when they are equal.
///
/// `#expect(left == right)` looks for the shortest way from one array to the other, which takes hours with the contents of a disk.
public func difference(_ found: [UInt8], _ expected: [UInt8]) -> String? {
    if found.count != expected.count { return "\(found.count) bytes instead of \(expected.count)" }
    // Not `==`, which takes seconds for the contents of a disk in a build without optimisation.
    if unsafe memcmp(found, expected, found.count) == 0 { return nil }
    guard let first = zip(found, expected).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return nil }
    let end = min(first + 16, found.count)
    return """
        the first of \(found.count) bytes that differs is \(first) (sector \(first / 512)): \
        \(hexadecimal(found[first..<end])) instead of \(hexadecimal(expected[first..<end]))
        """
}

/// The hexadecimal digits of bytes.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
