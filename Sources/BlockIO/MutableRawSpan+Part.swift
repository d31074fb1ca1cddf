extension MutableRawSpan {
    /// A part of the bytes, for as long as this span is not used otherwise.
    ///
    /// The one place that knows what the standard library calls this operation in the toolchain at hand.
    @_lifetime(&self)
    @inlinable
    public mutating func part(_ range: Range<Int>) -> MutableRawSpan { _mutatingExtracting(range) }

    /// Sets every byte to zero.
    @inlinable
    public mutating func fillWithZeroes() {
        unsafe withUnsafeMutableBytes { bytes in
            unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
            return
        }
    }

    /// Copies `source` to the start of these bytes, which are no fewer.
    @inlinable
    public mutating func copy(from source: RawSpan) {
        precondition(source.byteCount <= byteCount)
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
        }
    }
}
