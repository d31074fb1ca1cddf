/// Numbers as the C library reads them from the beginning of a text: dmsetup takes what these take.
enum CNumber {
    /// `atoi`: what does not begin with a number is 0.
    static func integer(_ text: some StringProtocol) -> Int32 {
        var rest = Array(text.utf8)[...]
        skipSpace(&rest)
        let isNegative = skipSign(&rest)
        let digits = unsigned(&rest, radix: 10)
        let magnitude = Int64(clamping: digits.value)
        return Int32(truncatingIfNeeded: isNegative ? -magnitude : magnitude)
    }

    /// `strtoull` of all of a text; `nil` where some of it is left, there is no number, or it is too large. With radix 0, `0x` and `0` in front
    /// tell the radix.
    static func whole(_ text: some StringProtocol, radix: UInt64) -> UInt64? {
        var rest = Array(text.utf8)[...]
        skipSpace(&rest)
        let isNegative = skipSign(&rest)
        var radix = radix
        if radix == 0 {
            radix = 10
            if rest.first == UInt8(ascii: "0") {
                radix = 8
                let digits = rest.dropFirst(2)
                let letter = rest.dropFirst().first
                if letter == UInt8(ascii: "x") || letter == UInt8(ascii: "X"), let digit = digits.first, value(of: digit, radix: 16) != nil
                {
                    radix = 16
                    rest = digits
                }
            }
        }
        let digits = unsigned(&rest, radix: radix)
        guard digits.count > 0, !digits.overflows, rest.isEmpty else { return nil }
        return isNegative ? 0 &- digits.value : digits.value
    }

    /// `%llu` of `scanf`: what it takes is removed from `text`; a number that is too large becomes the largest.
    static func scan(_ text: inout Span<UInt8>) -> UInt64? {
        var index = 0
        while index < text.count, isSpace(text[index]) { index += 1 }
        var isNegative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        let first = index
        var number: UInt64 = 0
        var overflows = false
        while index < text.count, let digit = value(of: text[index], radix: 10) {
            let (product, tooLarge) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(digit)
            overflows = overflows || tooLarge || carry
            number = sum
            index += 1
        }
        guard index > first else { return nil }
        text = text.extracting(index...)
        if overflows { return .max }
        return isNegative ? 0 &- number : number
    }

    /// `isspace` in the C locale.
    static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (9...13).contains(byte) }

    private static func skipSpace(_ text: inout ArraySlice<UInt8>) { text = text.drop(while: isSpace) }

    private static func skipSign(_ text: inout ArraySlice<UInt8>) -> Bool {
        guard let sign = text.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") else { return false }
        text.removeFirst()
        return sign == UInt8(ascii: "-")
    }

    private static func unsigned(_ text: inout ArraySlice<UInt8>, radix: UInt64) -> (value: UInt64, count: Int, overflows: Bool) {
        var number: UInt64 = 0
        var count = 0
        var overflows = false
        while let byte = text.first, let digit = value(of: byte, radix: radix) {
            let (product, tooLarge) = number.multipliedReportingOverflow(by: radix)
            let (sum, carry) = product.addingReportingOverflow(digit)
            overflows = overflows || tooLarge || carry
            number = sum
            count += 1
            text.removeFirst()
        }
        return (overflows ? .max : number, count, overflows)
    }

    private static func value(of byte: UInt8, radix: UInt64) -> UInt64? {
        let digit: UInt64
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = UInt64(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = UInt64(byte - UInt8(ascii: "A")) + 10
        default: return nil
        }
        return digit < radix ? digit : nil
    }
}
