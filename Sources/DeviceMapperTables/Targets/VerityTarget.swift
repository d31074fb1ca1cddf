public import StorageUnits

/// Checks each block that is read against a tree of hashes; read-only. The kernel's `dm-verity`.
///
/// The device must be loaded read-only, and the line be its table's only one.
public struct VerityTarget: Target {
    public static let typeName = "verity"
    public static let syntax = TargetSyntax(
        summary: "Checks each block that is read against a tree of hashes.",
        usage: "<0|1> <data device> <hash device> <data block size> <hash block size> <number of data blocks> <hash start block> "
            + "<algorithm> <root digest> <salt|-> [<number of option words> <option>...]",
        options: [
            .init("ignore_corruption", "Corrupted blocks are logged, and read as they are; one of the three at most."),
            .init("restart_on_corruption", "A corrupted block restarts the machine."),
            .init("panic_on_corruption", "A corrupted block panics the kernel. Linux 5.10 and newer."),
            .init("restart_on_error", "A block that cannot be read restarts the machine; one of the two at most. Linux 6.12 and newer."),
            .init("panic_on_error", "A block that cannot be read panics the kernel. Linux 6.12 and newer."),
            .init("ignore_zero_blocks", "Blocks that are zeroes by their hash are not read."),
            .init("check_at_most_once", "Each block is checked when it is read first only; at most 2147483647 data blocks."),
            .init("try_verify_in_tasklet", "Hashes that are cached are checked without a change of thread. Linux 6.0 and newer."),
            .init("use_fec_from_device <device>", "The device with the parity that corrects errors; the next three go with it."),
            .init("fec_blocks <count>", "How many blocks the parity covers: the data's, the hashes', and what may follow those."),
            .init("fec_start <block>", "The block of that device where the parity begins; 0 without."),
            .init("fec_roots <count>", "How many bytes of parity there are for 255 bytes of both: 2 to 24."),
            .init("root_hash_sig_key_desc <description>", "The key in the kernel's keyring that holds a signature of the root digest."),
        ],
        status: [
            .init("V", "No corruption was seen."),
            .init("C", "Corruption was seen."),
            .init("[<corrected>|-]", "How many blocks were corrected, - without error correction; older kernels do not tell."),
        ],
        examples: [
            .init(length: 8192, "1 /dev/sda /dev/sdb 4096 4096 1024 1 sha256 \(exampleDigest) 00112233445566778899aabbccddeeff"),
            .init(
                length: 8192,
                "1 8:0 8:16 4096 4096 1024 1 sha256 \(exampleDigest) - 5 restart_on_corruption restart_on_error ignore_zero_blocks "
                    + "check_at_most_once try_verify_in_tasklet"),
            .init(
                length: 8192,
                "1 root.img root.img 4096 4096 1024 1024 sha256 \(exampleDigest) ab 12 panic_on_corruption panic_on_error "
                    + "use_fec_from_device root.img fec_blocks 1034 fec_start 1050 fec_roots 2 root_hash_sig_key_desc verity:root"),
            .init(length: 8, "0 /dev/sda /dev/sdb 512 1024 16 0 sha1 \(exampleDigest.prefix(40)) - 1 ignore_corruption"),
        ],
        statusExamples: ["V", "C", "V -", "C 17"])
    private static let exampleDigest = "9347491dbb9c9bef4be4a695f4220e2e4477c5492ae7eb2a8c4b5589b9010b66"

    /// How digests are made and lie in their blocks.
    public enum HashType: UInt32, Sendable {
        /// `0`, that of the first Chromium OS: the salt is hashed behind the block, and digests lie side by side.
        case chromiumOS = 0
        /// `1`, the usual one: the salt is hashed before the block, and digests lie at multiples of a power of two.
        case normal = 1
    }

    /// How digests are made and lie in their blocks.
    public var hashType: HashType
    /// The device with the data.
    public var dataDevice: DeviceReference
    /// The device with the hashes; it may be the same.
    public var hashDevice: DeviceReference
    /// The size of a data block: a power of two from 512 bytes to the machine's page size, 65536 at most.
    public var dataBlockSize: ByteCount
    /// The size of a hash block: a power of two from 512 to 2^30 bytes, with room for two digests at least.
    public var hashBlockSize: ByteCount
    /// How many data blocks have hashes, at least as many as the line is long.
    public var dataBlockCount: UInt64
    /// The hash block where the tree begins, behind the superblock, if there is one.
    public var hashStart: UInt64
    /// The hash, by its name in the kernel's crypto API: `sha256`.
    public var algorithm: String
    /// The digest at the root of the tree. No secret.
    public var rootDigest: [UInt8]
    /// What is hashed with each block, or nothing. No secret.
    public var salt: [UInt8]
    /// The rest.
    public var options: Options

    /// Checks `dataBlockCount` blocks of `dataDevice` against the hashes on `hashDevice`.
    public init(
        hashType: HashType = .normal, dataDevice: DeviceReference, hashDevice: DeviceReference, dataBlockSize: ByteCount = ByteCount(4096),
        hashBlockSize: ByteCount = ByteCount(4096), dataBlockCount: UInt64, hashStart: UInt64 = 1, algorithm: String = "sha256",
        rootDigest: [UInt8], salt: [UInt8] = [], options: Options = Options()
    ) {
        self.hashType = hashType
        self.dataDevice = dataDevice
        self.hashDevice = hashDevice
        self.dataBlockSize = dataBlockSize
        self.hashBlockSize = hashBlockSize
        self.dataBlockCount = dataBlockCount
        self.hashStart = hashStart
        self.algorithm = algorithm
        self.rootDigest = rootDigest
        self.salt = salt
        self.options = options
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        hashType = try arguments.number("hash type", in: 0...1) == 0 ? .chromiumOS : .normal
        dataDevice = try arguments.device("data device")
        hashDevice = try arguments.device("hash device")
        dataBlockSize = ByteCount(UInt64(try arguments.number32("data block size")))
        hashBlockSize = ByteCount(UInt64(try arguments.number32("hash block size")))
        dataBlockCount = try arguments.number("number of data blocks")
        hashStart = try arguments.number("hash start block")
        algorithm = try arguments.word("algorithm")
        rootDigest = try arguments.hexadecimal("root digest")
        salt = try arguments.hexadecimal("salt", mayBeEmpty: true)
        var places = OptionPlaces()
        options = try Options(parsing: &arguments, noting: &places)
        do throws(OptionError) {
            try checkOptions()
        } catch {
            throw places.error(error, arguments)
        }
    }

    public func write(to arguments: inout ArgumentWriter) {
        arguments.append(hashType.rawValue)
        arguments.append(dataDevice)
        arguments.append(hashDevice)
        arguments.append(dataBlockSize.count)
        arguments.append(hashBlockSize.count)
        arguments.append(dataBlockCount)
        arguments.append(hashStart)
        arguments.append(algorithm)
        arguments.append(hexadecimal: rootDigest)
        arguments.append(hexadecimal: salt)
        options.write(to: &arguments)
    }

    public var unknownWords: [String] { options.unknown }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) {
        dataDevice = transform(dataDevice)
        hashDevice = transform(hashDevice)
        if let device = options.errorCorrection?.device { options.errorCorrection?.device = transform(device) }
    }

    /// Whether corruption was seen: `V`, `C`; of newer kernels also how many blocks were corrected: `V 17`, `V -`.
    public struct Status: TargetStatus {
        /// What error correction has done.
        public enum Corrections: Hashable, Sendable {
            /// There is no error correction: `-`.
            case unavailable
            /// So many blocks were corrected.
            case blocks(UInt64)
        }
        /// Whether a block did not have its hash and could not be corrected.
        public var isCorrupted: Bool
        /// What error correction has done; `nil` of kernels that do not tell.
        public var corrections: Corrections?

        /// A state.
        public init(isCorrupted: Bool, corrections: Corrections? = nil) {
            self.isCorrupted = isCorrupted
            self.corrections = corrections
        }

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            isCorrupted = try words.choice("state", among: ["V", "C"]) == "C"
            guard !words.isAtEnd else { return }
            corrections = try words.numberOrDash("corrected blocks").map { .blocks($0) } ?? .unavailable
        }

        public func write(to words: inout ArgumentWriter) {
            words.append(isCorrupted ? "C" : "V")
            switch corrections {
            case nil: break
            case .unavailable: words.append("-")
            case .blocks(let count): words.append(count)
            }
        }
    }
}
