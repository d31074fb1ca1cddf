#if os(Linux)  // where a process can read its own memory as a file
import Glibc
import StorageUnits
import Testing
import VolumeLaws

/// What is left in memory of secrets that are gone. Each test is a process of its own, so that nothing else moves meanwhile.
@Suite struct SecretMemoryTests {
    @Test("a living secret is found by the search, or the other tests prove nothing")
    func control() async {
        await #expect(processExitsWith: .success) {
            let recipe = RecognisableSecret(count: 64)
            let secret = secret(recipe)
            // Each of its four pieces of 16 bytes, at least once.
            let places = try MemoryScan.places(of: recipe)
            for piece in 0..<4 { #expect(places.contains(MemoryScan.address(of: secret) + UInt64(16 * piece))) }

            var text = SecretBuffer()
            for index in 0..<128 { text.append(recipe.hexDigit(at: index)) }
            let more = try MemoryScan.places(of: recipe)
            #expect(more.count >= places.count + 8)
            let count = text.count
            #expect(count == 128)
        }
    }

    @Test("nothing is left of a secret whose last owner went")
    func secretBytes() async {
        await #expect(processExitsWith: .success) {
            let recipe = RecognisableSecret(count: 64)
            do {
                let secret = secret(recipe)
                let other = secret
                #expect(secret == other)
                #expect(Set([secret]).contains(other))
                #expect("\(secret)" == "<redacted>")
            }
            let places = try MemoryScan.places(of: recipe)
            #expect(places == [])
        }
    }

    @Test("nothing is left of what a filler wrote before it threw")
    func throwing() async {
        await #expect(processExitsWith: .success) {
            struct Refusal: Error {}
            let recipe = RecognisableSecret(count: 64)
            #expect(throws: Refusal.self) {
                _ = try SecretBytes(count: 64) { (bytes) throws(Refusal) in
                    for index in 0..<64 { bytes.storeBytes(of: recipe.byte(at: index), toByteOffset: index, as: UInt8.self) }
                    throw Refusal()
                }
            }
            let places = try MemoryScan.places(of: recipe)
            #expect(places == [])
        }
    }

    @Test("nothing is left of a buffer's bytes when they are forgotten, nor where they were before it grew")
    func secretBuffer() async {
        await #expect(processExitsWith: .success) {
            let recipe = RecognisableSecret(count: 64)
            var buffer = SecretBuffer()
            for index in 0..<64 { buffer.append(recipe.byte(at: index)) }
            for _ in 0..<300_000 { buffer.append(UInt8(0)) }  // moves to larger memory several times
            let living = try MemoryScan.places(of: recipe)
            #expect(living.count == 4)  // one copy
            buffer.removeAll()
            let dead = try MemoryScan.places(of: recipe)
            #expect(dead == [])
            let count = buffer.count  // the memory itself still belongs to the buffer
            #expect(count == 0)
        }
    }

    @Test("nothing is left in ordinary memory either, which serves when there are no more mappings")
    func withoutMappings() async {
        await #expect(processExitsWith: .success) {
            let recipe = RecognisableSecret(count: 256)
            let limit = allowNoMoreMappings()
            var secret: SecretBytes? = secret(recipe)
            var buffer = SecretBuffer()
            for index in 0..<256 { buffer.append(recipe.byte(at: index)) }
            allowMappings(limit)
            let flags = try secret.flatMap { try MemoryScan.flags(ofMappingAt: MemoryScan.address(of: $0)) }
            #expect(flags?.contains("dd") == false)  // it is ordinary memory
            let living = try MemoryScan.places(of: recipe)
            #expect(living.count == 32)
            secret = nil
            _ = consume buffer
            let dead = try MemoryScan.places(of: recipe)
            #expect(dead == [])
        }
    }

    @Test("core dumps leave a secret out, and it is locked against swapping where the limit allows")
    func coreDumps() throws {
        let secret = SecretBytes(count: 64) { _ in }
        let flags = try #require(try MemoryScan.flags(ofMappingAt: MemoryScan.address(of: secret)))
        #expect(flags.contains("dd"), "MADV_DONTDUMP")
        // The other tests of the process lock memory too; only an ample limit promises a lock.
        if limit(of: __RLIMIT_MEMLOCK).rlim_cur > 1 << 30 { #expect(flags.contains("lo"), "mlock") }
        #expect(secret.count == 64)
    }
}

private func secret(_ recipe: RecognisableSecret) -> SecretBytes {
    SecretBytes(count: recipe.count) { bytes in
        for index in 0..<recipe.count { bytes.storeBytes(of: recipe.byte(at: index), toByteOffset: index, as: UInt8.self) }
    }
}

private func limit(of resource: __rlimit_resource) -> rlimit {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
    return limit
}

/// Has the system refuse every further mapping, and returns the limit that stood before.
private func allowNoMoreMappings() -> rlimit {
    // Room in the allocator's own memory, as there will be no other.
    var reserve: [UInt] = []
    for _ in 0..<400 { reserve.append(UInt(bitPattern: unsafe malloc(16_000))) }
    _ = unsafe malloc(16)  // behind the rest, it keeps the allocator from giving that back
    for block in reserve { unsafe free(UnsafeMutableRawPointer(bitPattern: block)) }
    let before = limit(of: RLIMIT_AS)
    var none = before
    none.rlim_cur = 1
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &none)
    return before
}

private func allowMappings(_ limit: rlimit) {
    var limit = limit
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
}
#endif
