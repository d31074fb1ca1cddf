extension RawSpan {
    /// The integer at `offset`, least significant byte first. The caller keeps it within the bytes.
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        unsafe Value(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension MutableRawSpan {
    /// Stores an integer at `offset`, least significant byte first. The caller keeps it within the bytes.
    mutating func storeLittleEndian(_ value: some FixedWidthInteger & BitwiseCopyable, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
    }
}
