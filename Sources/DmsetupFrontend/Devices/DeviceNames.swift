internal import StorageUnits

/// What block devices are called, as sysfs knows it.
struct DeviceNames {
    private let streams: any DmsetupStreams

    init(_ streams: any DmsetupStreams) { self.streams = streams }

    /// The name of the kernel, such as `dm-0` or `loop0`.
    func kernelName(of number: DeviceNumber) -> String? {
        guard let target = try? System.target(ofLink: "/sys/dev/block/\(number)") else { return nil }
        return target.split(separator: "/").last.map(String.init)
    }

    /// The name of a mapped device, mangled as the kernel has it; of other devices the kernel's.
    func mapName(of number: DeviceNumber) -> String? {
        var text = SecretBuffer()
        if streams.readFile("/sys/dev/block/\(number)/dm/name", into: &text) == nil, text.count > 0 {
            return String(text.string.dropLast())
        }
        return kernelName(of: number)
    }

    /// The major number that mapped devices have.
    func mapperMajor() -> UInt32? {
        var text = SecretBuffer()
        guard streams.readFile("/proc/devices", into: &text) == nil else { return nil }
        for line in text.string.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[1] == "device-mapper" { return UInt32(words[0]) }
        }
        return nil
    }
}
