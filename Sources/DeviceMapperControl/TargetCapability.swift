public import DeviceMapperTables

/// Something that a target can do from some version on. A kernel tells of targets only their versions; distributions give older kernels newer targets, so
/// that the kernel's own version tells nothing.
public struct TargetCapability: Hashable, Sendable {
    /// The target's name.
    public var typeName: String
    /// The target's first version with it.
    public var since: DriverVersion

    /// A capability that is not among those below.
    public init(_ typeName: String, since: DriverVersion) {
        self.typeName = typeName
        self.since = since
    }

    /// `allow_discards` of crypt.
    public static let cryptDiscards = TargetCapability("crypt", since: DriverVersion(1, 11))
    /// `same_cpu_crypt` and `submit_from_crypt_cpus` of crypt.
    public static let cryptProcessorChoice = TargetCapability("crypt", since: DriverVersion(1, 14))
    /// `integrity:...` of crypt: authenticated encryption.
    public static let cryptIntegrity = TargetCapability("crypt", since: DriverVersion(1, 17))
    /// `sector_size:...` and `iv_large_sectors` of crypt.
    public static let cryptLargeSectors = TargetCapability("crypt", since: DriverVersion(1, 17))
    /// Keys of crypt in the kernel's keyring.
    public static let cryptKeyring = TargetCapability("crypt", since: DriverVersion(1, 18, 1))
    /// `no_read_workqueue` and `no_write_workqueue` of crypt.
    public static let cryptWithoutWorkqueues = TargetCapability("crypt", since: DriverVersion(1, 22))
    /// `high_priority` of crypt.
    public static let cryptHighPriority = TargetCapability("crypt", since: DriverVersion(1, 26))
    /// `ignore_zero_blocks` of verity.
    public static let verityZeroBlocks = TargetCapability("verity", since: DriverVersion(1, 3))
    /// `check_at_most_once` of verity.
    public static let verityCheckOnce = TargetCapability("verity", since: DriverVersion(1, 4))
    /// `root_hash_sig_key_desc` of verity.
    public static let veritySignature = TargetCapability("verity", since: DriverVersion(1, 5))
    /// `panic_on_corruption` of verity.
    public static let verityPanic = TargetCapability("verity", since: DriverVersion(1, 7))
    /// `try_verify_in_tasklet` of verity.
    public static let verityTasklet = TargetCapability("verity", since: DriverVersion(1, 9))
    /// Mode `B` of integrity: a bitmap.
    public static let integrityBitmap = TargetCapability("integrity", since: DriverVersion(1, 3))
    /// `fix_padding` of integrity.
    public static let integrityFixPadding = TargetCapability("integrity", since: DriverVersion(1, 4))
    /// `allow_discards` of integrity.
    public static let integrityDiscards = TargetCapability("integrity", since: DriverVersion(1, 6))
    /// `fix_hmac` of integrity.
    public static let integrityFixHMAC = TargetCapability("integrity", since: DriverVersion(1, 7))
    /// `reset_recalculate` of integrity.
    public static let integrityResetRecalculate = TargetCapability("integrity", since: DriverVersion(1, 8))
    /// Mode `I` of integrity: tags in the sectors of a device that has room for them.
    public static let integrityInline = TargetCapability("integrity", since: DriverVersion(1, 12))
}

extension KernelMapper {
    /// Whether the kernel's target is new enough; false when there is no such target. Its module is loaded to know that, from interface
    /// 4.41 (Linux 5.4) on; before, a target whose module is not loaded counts as one that is not there.
    public func supports(_ capability: TargetCapability) throws(MappingError) -> Bool {
        guard let version = try targetVersion(of: capability.typeName) else { return false }
        return version >= capability.since
    }
}
