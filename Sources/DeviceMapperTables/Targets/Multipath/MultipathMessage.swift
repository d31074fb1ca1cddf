extension MultipathTarget {
    /// What an active multipath device can be told. There is no answer.
    public enum Message: TargetMessage {
        /// Requests wait while no path works.
        case queueIfNoPath
        /// Requests fail while no path works, those that wait too.
        case failIfNoPath
        /// The group, from 1, is used only if no other one works.
        case disableGroup(UInt32)
        /// The group, from 1, is used as any other.
        case enableGroup(UInt32)
        /// The group, from 1, is used from now on, and no group is disabled.
        case switchGroup(UInt32)
        /// The path is not used.
        case failPath(DeviceReference)
        /// The path is used again.
        case reinstatePath(DeviceReference)

        private static let names = [
            "queue_if_no_path", "fail_if_no_path", "disable_group", "enable_group", "switch_group", "fail_path", "reinstate_path",
        ]

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            switch try words.choice("message", among: Self.names, ignoringCase: true) {
            case "queue_if_no_path": self = .queueIfNoPath
            case "fail_if_no_path": self = .failIfNoPath
            case "disable_group": self = .disableGroup(try words.number32("group", in: 1...1024))
            case "enable_group": self = .enableGroup(try words.number32("group", in: 1...1024))
            case "switch_group": self = .switchGroup(try words.number32("group", in: 1...1024))
            case "fail_path": self = .failPath(try words.device("path"))
            default: self = .reinstatePath(try words.device("path"))
            }
        }

        public func write(to words: inout ArgumentWriter) {
            switch self {
            case .queueIfNoPath: words.append("queue_if_no_path")
            case .failIfNoPath: words.append("fail_if_no_path")
            case .disableGroup(let group):
                words.append("disable_group")
                words.append(group)
            case .enableGroup(let group):
                words.append("enable_group")
                words.append(group)
            case .switchGroup(let group):
                words.append("switch_group")
                words.append(group)
            case .failPath(let path):
                words.append("fail_path")
                words.append(path)
            case .reinstatePath(let path):
                words.append("reinstate_path")
                words.append(path)
            }
        }
    }
}
