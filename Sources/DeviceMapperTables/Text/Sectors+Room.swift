internal import StorageUnits

extension Sectors {
    /// Throws unless `length` sectors from this one on end where a device can end. `word` is where this number stands in the line, `name` what it is.
    func expectRoom(for length: Sectors, word: Int, _ name: String) throws(TableError) {
        guard let end = adding(length), end <= Sectors.max else {
            throw TableError(
                .outOfRange, word: word, message: "\(name): the line's end is more than \(Sectors.max) sectors into the device")
        }
    }
}
