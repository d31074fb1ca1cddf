extension InTheLab.MutationTests {
    /// Tables that only the kernel refuses: it knows the devices, what is on them, the ciphers that it has, and its own limits.
    static let onlyTheKernel: [Difference] = [
        Difference(nil, "Device lookup failed", because: "a text does not tell whether there is such a device"),
        Difference(nil, "too small", because: "a text does not tell how large a device is"),
        Difference(nil, "not aligned to h/w logical block size", because: "a text does not tell the block size of a device"),
        Difference(nil, "caused an alignment inconsistency", because: "a text does not tell the block size of a device"),
        Difference("snapshot", "Failed to read snapshot metadata", because: "the chunk is larger than the store's device"),
        Difference("snapshot-merge", "Failed to read snapshot metadata", because: "the chunk is larger than the store's device"),
        Difference("snapshot", "Chunk size not set", because: "a snapshot that takes over another's chunks is printed with 0"),
        Difference("cache", "Data block size is larger than the cache device", because: "a text does not tell how large a device is"),
        Difference("writecache", "Invalid optional argument", because: "a start behind the end of the cache's device"),
        Difference("integrity", "Error reading superblock", because: "reserved sectors behind the end of the device"),
        Difference("integrity", "Not enough provided sectors", because: "a text does not tell how large a device is"),
        Difference("ebs", "Invalid emulated block size", because: "blocks are no larger than pages, which are 64 KiB elsewhere"),
        Difference("verity", "Invalid data device block size", because: "blocks are no larger than pages, which are 64 KiB elsewhere"),
        Difference("verity", "Invalid fec_roots", because: "where a number stands twice, only the last counts here"),
        Difference("verity", "Cannot initialize hash function", because: "which digests there are only the kernel knows"),
        Difference("integrity", "Invalid internal hash", because: "which digests there are only the kernel knows"),
        Difference("integrity", "Invalid journal mac", because: "which digests there are only the kernel knows"),
        Difference("integrity", "Invalid journal cipher", because: "which ciphers there are only the kernel knows"),
        Difference("crypt", "Error allocating crypto tfm", because: "which ciphers there are only the kernel knows"),
        Difference("crypt", "Invalid IV mode", because: "which initialization vectors there are only the kernel knows"),
        Difference("crypt", "Integrity profile not supported", because: "a text does not tell whether the device below has tags"),
        Difference("crypt", "Invalid feature arguments", because: "the kernel takes options in capitals, except those with a value"),
        Difference("cache", "Error creating cache's policy", because: "which policies there are only the kernel knows"),
        Difference("multipath", "io-affinity ps: invalid cpumask", because: "which processors there are only the kernel knows"),
        Difference("mirror", "Device lookup failure", because: "a text does not tell whether there is such a device"),
        Difference("raid", "metadata device lookup failure", because: "a text does not tell whether there is such a device"),
        Difference(
            "raid", "Cannot understand number of raid devices parameters",
            because: "a kernel counts raid10_use_near_sets, but does not print it: what it prints is read, whatever it takes"),
        Difference("raid", "journal", because: "a text does not tell how large a device is, nor what is on it"),
        Difference("thin", "Couldn't open thin internal device", because: "a text does not tell which thin devices a pool has"),
        Difference("thin", "Couldn't get pool mapped device", because: "a text does not tell whether a device is a pool"),
        Difference("thin", "Error opening origin device", because: "a text does not tell whether there is such a device"),
    ]

    /// Tables that are only refused here: the kernel passes over what nobody can have meant.
    static let onlyHere: [Difference] = [
        Difference("error", "", because: "the kernel looks at its arguments only when there are two"),
        Difference(nil, "unexpected", because: "the kernel passes over words that it does not count"),
        Difference(nil, " to 4294967295, found", because: "the kernel leaves out what does not fit 32 bits, and nobody means that"),
        Difference("crypt", "key: expected hexadecimal digits", because: "the kernel passes over an odd digit, whatever it is"),
        Difference("raid", "the parameters end behind it", because: "the kernel reads a value behind the parameters that it counts"),
        Difference("raid", "chunk size: ", because: "raid 1 has no chunks, and the kernel does not look at their size"),
        Difference("multipath", "initial group: expected", because: "the kernel takes an initial group that is not there"),
        Difference("snapshot", "store: expected P, PO or N", because: "the kernel reads no letter behind N, and prints none"),
        Difference("snapshot-merge", "store: expected P or PO", because: "the kernel reads no letter behind PO, and prints none"),
        Difference("unstriped", "stripe: expected", because: "the kernel takes a stripe behind the last one, which is on no device"),
        Difference("unstriped", "number of stripes: expected", because: "the kernel prints more stripes than that as a negative number"),
    ]
}
