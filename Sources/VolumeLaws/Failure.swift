public import BlockIO

/// What a request fails with; `nil` when it succeeds.
public func failure(of request: () throws(BlockIOError) -> Void) -> BlockIOError? {
    do throws(BlockIOError) {
        try request()
        return nil
    } catch {
        return error
    }
}
