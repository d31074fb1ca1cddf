public import StorageUnits

/// Encrypts what is written and decrypts what is read, a sector at a time. The kernel's `dm-crypt`.
public struct CryptTarget: Target {
    public static let typeName = "crypt"
    public static let syntax = TargetSyntax(
        summary: "Encrypts what is written and decrypts what is read, a sector at a time.",
        usage: "<cipher> <key> <IV offset> <device> <start sector> [<number of options> <option>...]",
        options: [
            .init("allow_discards", "Discards are passed on: whoever sees the device below can tell used from unused sectors."),
            .init("same_cpu_crypt", "Each request is worked on by the processor that it came from. Linux 4.0 and newer."),
            .init("high_priority", "The workers run at high priority. Linux 6.10 and newer."),
            .init("submit_from_crypt_cpus", "Writes are not handed to a thread that sorts them. Linux 4.0 and newer."),
            .init("no_read_workqueue", "Reads are decrypted where they complete. Linux 5.9 and newer."),
            .init("no_write_workqueue", "Writes are encrypted where they are submitted. Linux 5.9 and newer."),
            .init(
                "integrity:<bytes>:<aead|none>",
                "Tags of 1 to 480 bytes beside each sector, on an integrity device below: aead checks data, none has room for vectors."),
            .init("sector_size:<bytes>", "The unit of encryption: 512 (default), 1024, 2048 or 4096. Linux 4.12 and newer."),
            .init("iv_large_sectors", "Initialization vectors count units of sector_size instead of 512 bytes. Linux 4.12 and newer."),
            .init("integrity_key_size:<bytes>", "How much of the key is for authentication, if not a digest's size. Linux 6.11 and newer."),
        ],
        messages: [
            .init("key set <key>", "Takes another key of the same length; the device is suspended."),
            .init("key wipe", "Wipes the key; requests fail until another is set. The device is suspended."),
        ],
        examples: [
            .init(length: 65536, "aes-xts-plain64 :64:file:/run/volume.key 0 /dev/sda 32768"),
            .init(length: 65536, "aes-cbc-essiv:sha256 000102030405060708090a0b0c0d0e0f 0 8:16 0"),
            .init(length: 65536, "aes-xts-plain64 :64:user:volume 8 disk.img 4096 3 allow_discards sector_size:4096 iv_large_sectors"),
            .init(length: 65536, "capi:gcm(aes)-random :32:logon:volume 0 /dev/mapper/tags 0 1 integrity:28:aead"),
            .init(
                length: 65536,
                "capi:authenc(hmac(sha256),xts(aes))-plain64 :96:encrypted:volume 0 8:16 0 2 integrity:32:aead integrity_key_size:32"),
            .init(
                length: 65536,
                "aes-xts-plain :64:trusted:volume 0 8:16 0 6 same_cpu_crypt high_priority submit_from_crypt_cpus no_read_workqueue "
                    + "no_write_workqueue integrity:16:none"),
            .init(length: 65536, "aes-ctr-plain64be :32:logon:volume 0 8:16 0"),
            .init(length: 65536, "aes-lrw-benbi :48:logon:volume 0 8:16 0"),
            .init(length: 65536, "aes-cbc-null :16:logon:volume 0 8:16 0"),
            .init(length: 65536, "aes-cbc-eboiv :32:logon:volume 0 8:16 0"),
            .init(length: 65536, "aes-cbc-elephant :64:logon:volume 0 8:16 0"),
            .init(length: 65536, "aes:64-cbc-lmk :2080:logon:volume 0 8:16 0"),
            .init(length: 65536, "aes-cbc-tcw :64:logon:volume 0 8:16 0"),
            .init(length: 65536, "cipher_null-ecb - 0 8:16 0"),
        ],
        messageExamples: ["key wipe", "key set :64:logon:volume", "key set 000102030405060708090a0b0c0d0e0f"])

    /// How sectors are encrypted.
    public var cipher: CryptCipher
    /// The key.
    public var key: CryptKey
    /// What is added to a sector's number before its initialization vector is made of it. A multiple of the sector size.
    public var ivOffset: Sectors
    /// The device that holds the encrypted sectors.
    public var device: DeviceReference
    /// Where they begin on it.
    public var start: Sectors
    /// The rest.
    public var options: Options

    /// Whatever may be added to a crypt line.
    public struct Options: Hashable, Sendable {
        /// Discards are passed on: whoever sees the device below can then tell used from unused sectors.
        public var allowDiscards = false
        /// Each request is worked on by the processor that it came from.
        public var sameCPUCrypt = false
        /// The workers run at high priority.
        public var highPriority = false
        /// Writes are not handed to a thread that sorts them.
        public var submitFromCryptCPUs = false
        /// Reads are decrypted where they complete.
        public var noReadWorkqueue = false
        /// Writes are encrypted where they are submitted.
        public var noWriteWorkqueue = false
        /// Tags beside each sector, for authenticated encryption or random initialization vectors.
        public var integrity: Integrity?
        /// The unit of encryption in bytes: 512, 1024, 2048 or 4096.
        public var sectorSize = ByteCount(512)
        /// Initialization vectors count units of `sectorSize` instead of 512 bytes.
        public var ivLargeSectors = false
        /// How many bytes of the key are for authentication; the kernel derives it from the cipher without.
        public var integrityKeySize: Int?
        /// Options of newer kernels, as they were read.
        public var unknown: [String] = []

        /// No options.
        public init() {}
    }

    /// Tags beside each sector.
    public struct Integrity: Hashable, Sendable {
        /// The size of a tag in bytes: 1 to 480.
        public var tagSize: Int
        /// What the tags are: `aead`, or `none`.
        public var kind: String

        /// Tags of `tagSize` bytes.
        public init(tagSize: Int, kind: String) {
            self.tagSize = tagSize
            self.kind = kind
        }
    }

    /// Encrypts with `key` onto `device`, from `start` on.
    public init(
        cipher: CryptCipher = .aesXTSPlain64, key: CryptKey, ivOffset: Sectors = 0, device: DeviceReference, start: Sectors = 0,
        options: Options = Options()
    ) {
        self.cipher = cipher
        self.key = key
        self.ivOffset = ivOffset
        self.device = device
        self.start = start
        self.options = options
    }

    public init(parsing arguments: inout ArgumentReader) throws(TableError) {
        let specification = try arguments.word("cipher")
        do throws(CryptSyntaxError) {
            cipher = try CryptCipher(parsing: specification)
        } catch {
            throw arguments.error(.invalidValue, "cipher: \(arguments.lastWordQuoted): \(error.message)")
        }
        key = try arguments.secret("key", expected: CryptKey.expected) { CryptKey(parsing: $0) }
        ivOffset = try arguments.sectors("IV offset", in: 0...UInt64.max)
        device = try arguments.device("device")
        start = try arguments.sectors("start sector")
        var options = Options()
        try arguments.options("options", limit: 32) { (words) throws(TableError) in try options.read(&words) }
        self.options = options
    }

    public func write(to arguments: inout ArgumentWriter) {
        // Where a key may stand that slipped by a word, it must not be shown either.
        arguments.append(unverified: cipher.description)
        key.write(to: &arguments)
        arguments.append(ivOffset)
        arguments.append(unverified: device)
        arguments.append(start)
        let options = options.words
        guard !options.isEmpty else { return }
        arguments.append(options.count)
        for option in options { arguments.append(unverified: option) }
    }

    public var unknownWords: [String] { options.unknown }

    public mutating func mapDevices(_ transform: (DeviceReference) -> DeviceReference) { device = transform(device) }

    /// A kernel prints what was loaded, and on a device with zones `no_write_workqueue` too.
    public func isSatisfied(by reported: CryptTarget) -> Bool {
        var expected = self
        if reported.options.noWriteWorkqueue { expected.options.noWriteWorkqueue = true }
        return expected == reported
    }

    /// Messages to a crypt device, which must be suspended.
    public enum Message: TargetMessage {
        /// Takes another key of the same length.
        case setKey(CryptKey)
        /// Wipes the key; every request waits until another is set.
        case wipeKey

        public init(parsing words: inout ArgumentReader) throws(TableError) {
            guard ArgumentReader.isSame(try words.word("message"), "key") else {
                throw words.error(.invalidValue, "message: expected key, found \(words.lastWordQuoted)")
            }
            if try words.choice("what to do with the key", among: ["set", "wipe"], ignoringCase: true) == "wipe" {
                self = .wipeKey
            } else {
                self = .setKey(try words.secret("key", expected: CryptKey.expected) { CryptKey(parsing: $0) })
            }
        }

        public func write(to words: inout ArgumentWriter) {
            words.append("key")
            switch self {
            case .setKey(let key):
                words.append("set")
                key.write(to: &words)
            case .wipeKey: words.append("wipe")
            }
        }
    }
}

extension CryptTarget.Options {
    /// Reads one option. The kernel does not look at the case of its own words.
    mutating func read(_ words: inout ArgumentReader) throws(TableError) {
        let option = try words.word("option")
        let parts = option.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch (ArgumentReader.lowercased(parts[0]), parts.count) {
        case ("allow_discards", 1): allowDiscards = true
        case ("same_cpu_crypt", 1): sameCPUCrypt = true
        case ("high_priority", 1): highPriority = true
        case ("submit_from_crypt_cpus", 1): submitFromCryptCPUs = true
        case ("no_read_workqueue", 1): noReadWorkqueue = true
        case ("no_write_workqueue", 1): noWriteWorkqueue = true
        case ("iv_large_sectors", 1): ivLargeSectors = true
        case ("integrity", 3):
            guard let size = Self.number(parts[1]), (1...480).contains(size) else {
                throw words.error(.outOfRange, "integrity: expected a tag size of 1 to 480 bytes, found \(words.lastWordQuoted)")
            }
            guard ["aead", "none"].contains(ArgumentReader.lowercased(parts[2])) else {
                throw words.error(.invalidValue, "integrity: expected aead or none, found \(words.lastWordQuoted)")
            }
            integrity = .init(tagSize: size, kind: ArgumentReader.lowercased(parts[2]))
        case ("sector_size", 2):
            guard let size = Self.number(parts[1]), [512, 1024, 2048, 4096].contains(size) else {
                throw words.error(.outOfRange, "sector_size: expected 512, 1024, 2048 or 4096, found \(words.lastWordQuoted)")
            }
            sectorSize = ByteCount(UInt64(size))
        case ("integrity_key_size", 2):
            guard let size = Self.number(parts[1]), (1...CryptKey.largestByteCount).contains(size) else {
                throw words.error(.outOfRange, "integrity_key_size: expected 1 to 4096 bytes, found \(words.lastWordQuoted)")
            }
            integrityKeySize = size
        default: unknown.append(option)
        }
    }

    /// The options in the order in which the kernel prints them.
    var words: [String] {
        var words: [String] = []
        if allowDiscards { words.append("allow_discards") }
        if sameCPUCrypt { words.append("same_cpu_crypt") }
        if highPriority { words.append("high_priority") }
        if submitFromCryptCPUs { words.append("submit_from_crypt_cpus") }
        if noReadWorkqueue { words.append("no_read_workqueue") }
        if noWriteWorkqueue { words.append("no_write_workqueue") }
        if let integrity { words.append("integrity:\(integrity.tagSize):\(integrity.kind)") }
        if sectorSize != ByteCount(512) { words.append("sector_size:\(sectorSize)") }
        if ivLargeSectors { words.append("iv_large_sectors") }
        if let integrityKeySize { words.append("integrity_key_size:\(integrityKeySize)") }
        return words + unknown
    }

    private static func number(_ digits: String) -> Int? {
        digits.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } ? Int(digits) : nil
    }
}
