/// What an active clone can be told. The table does not show it, the status does.
public enum CloneMessage: TargetMessage {
    /// Regions that nobody asks for are copied from now on.
    case enableHydration
    /// Only regions that are asked for are copied from now on.
    case disableHydration
    /// How many regions may be copied at the same time; 0 stops it.
    case hydrationThreshold(UInt32)
    /// How many regions that lie side by side are copied with one request.
    case hydrationBatchSize(UInt32)

    private enum Word: String, CaseIterable, CustomStringConvertible {
        case enable = "enable_hydration"
        case disable = "disable_hydration"
        case threshold = "hydration_threshold"
        case batchSize = "hydration_batch_size"
        var description: String { rawValue }
    }

    public init(parsing words: inout ArgumentReader) throws(TableError) {
        switch try words.choice("message", among: Word.allCases, ignoringCase: true) {
        case .enable: self = .enableHydration
        case .disable: self = .disableHydration
        case .threshold: self = .hydrationThreshold(try words.number32("number of regions"))
        case .batchSize: self = .hydrationBatchSize(try words.number32("number of regions"))
        }
    }

    public func write(to words: inout ArgumentWriter) {
        switch self {
        case .enableHydration: words.append(Word.enable.rawValue)
        case .disableHydration: words.append(Word.disable.rawValue)
        case .hydrationThreshold(let count):
            words.append(Word.threshold.rawValue)
            words.append(count)
        case .hydrationBatchSize(let count):
            words.append(Word.batchSize.rawValue)
            words.append(count)
        }
    }
}
