/// The bounds of a region's histogram of latencies, as words of messages and replies have them: `histogram:10,20,30`.
enum LatencyBounds {
    static let keyword = "histogram:"

    /// The word for `bounds`. Throws when the kernel would refuse it.
    static func word(_ bounds: [Duration], in resolution: StatisticsResolution) throws(TableError) -> String {
        var ticks: [UInt64] = []
        for bound in bounds {
            guard let number = resolution.ticks(bound) else {
                let unit = resolution == .milliseconds ? "milliseconds" : "nanoseconds"
                throw TableError(.invalidValue, message: "histogram: expected whole \(unit) that fit 64 bits, found \(bound)")
            }
            guard number > ticks.last ?? 0 else {
                throw TableError(.invalidValue, message: "histogram: expected bounds above 0 that grow, found \(bound)")
            }
            ticks.append(number)
        }
        return keyword + ticks.map(String.init).joined(separator: ",")
    }

    /// The bounds that a word has; `nil` when it has anything else.
    static func read(_ word: some StringProtocol, in resolution: StatisticsResolution) -> [Duration]? {
        guard word.hasPrefix(keyword) else { return nil }
        var last: UInt64 = 0
        var bounds: [Duration] = []
        for digits in word.dropFirst(keyword.count).split(separator: ",", omittingEmptySubsequences: false) {
            guard !digits.isEmpty, let number = ArgumentReader.decimal(digits), number > last else { return nil }
            bounds.append(resolution.duration(number))
            last = number
        }
        return bounds
    }
}
