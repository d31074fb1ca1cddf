internal import DeviceMapperTables
internal import StorageUnits

extension MappingTable {
    /// Throws `unsupported` for what only user space knows, which the kernel would refuse without saying why.
    func expectForKernel() throws(MappingError) {
        for line in lines {
            if let crypt = line.target as? CryptTarget, case .stored(_, .file, _) = crypt.key {
                throw MappingError(
                    .unsupported, line: line.number,
                    message: "crypt: the kernel reads no key files; put the key into its keyring, or the key itself into the table")
            }
            for case .path(let path) in line.target.devices where path.contains("://") {
                throw MappingError(
                    .unsupported, line: line.number, device: path, message: "the kernel maps block devices, and no addresses of servers")
            }
        }
    }
}

extension KernelMapper {
    private func isMissing(_ typeName: String) -> Bool {
        do throws(MappingError) { return try targetVersion(of: typeName) == nil } catch { return false }
    }

    /// An error with what the kernel's log says of it, where it can be read.
    func explained(_ error: MappingError, _ device: MappedDeviceID, _ log: borrowing KernelLog?) -> MappingError {
        guard error.code == .invalidTable, let number = try? info(of: device).number else { return error }
        var error = error
        error.kernelReason = log?.reason(about: number.description)
        return error
    }

    /// The error of a refused table with what can be found out about it: the kernel's own words, a target that it has not, a device that is none.
    func explained(
        _ error: MappingError, _ table: MappingTable, _ device: MappedDeviceID, _ log: consuming KernelLog?
    ) -> MappingError {
        var error = error
        guard error.code != .permissionDenied, error.code != .outOfMemory, let number = try? info(of: device).number else { return error }
        error.kernelReason = log?.reason(about: number.description)
        for line in table.lines {
            let name = line.target.typeName
            if isMissing(name) {
                error.code = .unsupported
                error.line = line.number
                error.message = "the kernel has no target '\(name)', and no module dm-\(name) that can be loaded"
                return error
            }
            for case .path(let path) in line.target.devices where DeviceNodes.blockDevice(at: path) == nil {
                error.code = .deviceUnavailable
                error.line = line.number
                error.message =
                    DeviceNodes.kind(at: path).map {
                        "'\(path)' is \($0), and the kernel maps block devices: losetup(8) makes one of a file"
                    }
                    ?? "there is no '\(path)'"
                return error
            }
        }
        if error.code == .notFound {
            error.code = .deviceUnavailable
            error.message = "a device of the table is not there"
        }
        return error
    }
}
