extension CacheTarget {
    /// The state of a cache.
    public enum Status: TargetStatus {
        /// The cache works, as this tells.
        case working(State)
        /// The metadata could not be read or written: `Fail`.
        case failed
        /// The state could not be found out: `Error`.
        case error

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            switch words.peek() {
            case "Fail": self = .failed
            case "Error": self = .error
            default:
                self = .working(try State(parsing: &words))
                return
            }
            _ = try words.word("status")
        }

        public func write(to words: inout ArgumentWriter) {
            switch self {
            case .working(let state): state.write(to: &words)
            case .failed: words.append("Fail")
            case .error: words.append("Error")
            }
        }
    }
}
