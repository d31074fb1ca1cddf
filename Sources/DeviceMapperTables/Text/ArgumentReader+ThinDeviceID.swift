extension ArgumentReader {
    /// Reads the id of a thin device, which the kernel keeps in 24 bits.
    mutating func thinDeviceID(_ name: @autoclosure () -> String) throws(TableError) -> UInt32 {
        try number32(name(), in: 0...ThinTarget.largestID)
    }
}
