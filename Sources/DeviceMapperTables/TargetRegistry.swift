/// The targets that a parser knows.
public struct TargetRegistry: Sendable {
    /// The types, in the order in which they are listed.
    public let types: [any Target.Type]
    private let byName: [String: any Target.Type]

    /// A registry of these types. Of two with the same name the later one counts.
    public init(_ types: [any Target.Type]) {
        self.types = types
        byName = Dictionary(types.map { ($0.typeName, $0) }, uniquingKeysWith: { $1 })
    }

    /// Every target of this package.
    public static let standard = TargetRegistry([
        LinearTarget.self, StripedTarget.self, CryptTarget.self, ErrorTarget.self, ZeroTarget.self,
        DelayTarget.self, FlakeyTarget.self, VerityTarget.self, IntegrityTarget.self,
        SnapshotTarget.self, SnapshotOriginTarget.self, SnapshotMergeTarget.self,
        EraTarget.self, CloneTarget.self, SwitchTarget.self, UnstripedTarget.self, EBSTarget.self, LogWritesTarget.self, DustTarget.self,
        ThinPoolTarget.self, ThinTarget.self, CacheTarget.self, WritecacheTarget.self,
        MirrorTarget.self, RaidTarget.self, MultipathTarget.self,
    ])

    /// The type of that name, if it is known.
    public subscript(name: String) -> (any Target.Type)? { byName[name] }
}
