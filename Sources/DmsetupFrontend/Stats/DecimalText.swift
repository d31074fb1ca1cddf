/// Decimal fractions as `printf` writes them.
package enum DecimalText {
    /// `%.*f`: rounded to the nearest, and to the even one between two. `value` is not negative.
    package static func fixed(_ value: Double, places: Int) -> String {
        var scale: UInt64 = 1
        for _ in 0..<places { scale *= 10 }
        let product = value * Double(scale)
        // Larger ones have no fraction that a Double could hold.
        guard product < 9e15 else {
            let whole = UInt64(exactly: value.rounded(.towardZero)) ?? .max
            return places == 0 ? "\(whole)" : "\(whole)." + String(repeating: "0", count: places)
        }
        // What multiplying has rounded away decides between two where the product seems to lie in the middle.
        let lost = (-product).addingProduct(value, Double(scale))
        let below = product.rounded(.down)
        let part = product - below
        var number = UInt64(below)
        if part > 0.5 || (part == 0.5 && (lost > 0 || (lost == 0 && number % 2 == 1))) { number += 1 }
        guard places > 0 else { return "\(number)" }
        let digits = String(number % scale)
        return "\(number / scale)." + String(repeating: "0", count: places - digits.utf8.count) + digits
    }

    /// A share of 0 to 1 in percent: neither 0 nor 100 unless it is that.
    package static func percent(_ share: Double) -> String {
        let percent = share * 100
        if percent > 0, percent < 0.01 { return "0.01" }
        if percent < 100, percent > 99.99 { return "99.99" }
        return fixed(percent, places: 2)
    }
}
