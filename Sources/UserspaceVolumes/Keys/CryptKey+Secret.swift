internal import BlockIO
internal import DeviceMapperTables
internal import StorageUnits

extension CryptKey {
    /// The key's bytes, from wherever they are kept.
    func secret(in context: EngineContext) throws(MappingError) -> SecretBytes {
        switch self {
        case .bytes(let secret): return secret
        case .stored(let byteCount, .file, let path):
            let file: SecretBuffer
            do throws(BlockIOError) { file = try SmallFile.read(path, limit: Self.largestByteCount) } catch {
                throw context.error(.invalidKey, "key file: \(error)", underlying: error)
            }
            guard file.count == byteCount else {
                throw context.error(.invalidKey, "key file '\(path)' has \(file.count) bytes, the table says \(byteCount)")
            }
            return file.withBytes { unsafe SecretBytes(copying: $0.bytes) }
        case .stored(let byteCount, .user, let description):
            let secret: SecretBytes
            do throws(KernelKeyring.Failure) { secret = try KernelKeyring.readUserKey(description, limit: Self.largestByteCount) } catch {
                throw context.error(.invalidKey, "key '\(description)' of the kernel's keyring: \(error.message)")
            }
            guard secret.count == byteCount else {
                throw context.error(
                    .invalidKey, "key '\(description)' of the kernel's keyring has \(secret.count) bytes, the table says \(byteCount)")
            }
            return secret
        case .stored(_, let keyring, _):
            throw context.error(
                .invalidKey, "a key of type '\(keyring)' cannot be read in user space: use a key file (:<bytes>:file:<path>) or a user key")
        }
    }
}
