/// `dmsetup stats`: statistics of regions of devices.
enum DmsetupStats {
    static func run(_ dmsetup: Dmsetup, _ operands: DmsetupOperands) throws(Told) {
        dmsetup.output.error("Statistics are not supported yet.")
        throw Told()
    }
}
