extension WritecacheTarget {
    /// What a cache can be told.
    public enum Message: String, CaseIterable, TargetMessage, CustomStringConvertible {
        /// Writes the cache back now.
        case flush
        /// Writes the cache back when the device is suspended next.
        case flushOnSuspend = "flush_on_suspend"
        /// Takes nothing new from now on, and writes everything back. Not in older kernels.
        case cleaner
        /// Begins to count again. Not in older kernels.
        case clearStatistics = "clear_stats"

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            self = try words.choice("message", of: Self.self, ignoringCase: true)
        }

        public func write(to words: inout ArgumentWriter) { words.append(rawValue) }

        /// The word.
        public var description: String { rawValue }
    }
}
