import StorageUnits
import Testing

@Suite struct DeviceNumberTests {
    @Test("major:minor is read and printed")
    func reads() throws {
        let number = try #require(DeviceNumber(parsing: "253:17"))
        #expect(number.major == 253)
        #expect(number.minor == 17)
        #expect("\(number)" == "253:17")
        #expect(number == DeviceNumber(major: 253, minor: 17))
    }

    @Test("leading zeroes do not count, as in the kernel's sscanf")
    func leadingZeroes() {
        #expect(DeviceNumber(parsing: "008:0016") == DeviceNumber(major: 8, minor: 16))
    }

    @Test("a major number has 12 bits and a minor number 20")
    func limits() {
        #expect(DeviceNumber(parsing: "4095:1048575") == DeviceNumber(major: 4095, minor: 1_048_575))
        #expect(DeviceNumber(parsing: "4096:0") == nil)
        #expect(DeviceNumber(parsing: "0:1048576") == nil)
        // 2^32 and 2^64: no number wraps into the range.
        #expect(DeviceNumber(parsing: "4294967296:0") == nil)
        #expect(DeviceNumber(parsing: "0:18446744073709551616") == nil)
    }

    @Test(
        "anything else is none",
        arguments: ["", ":", "8", "8:", ":16", "8:16:0", "8 :16", " 8:16", "8:16 ", "+8:16", "8:-1", "0x8:1", "8:1a", "/dev/sda", "٨:١"])
    func rubbish(_ text: String) {
        #expect(DeviceNumber(parsing: text) == nil)
    }

    @Test("a part of a string, and bytes, are read like a string")
    func substring() {
        #expect(DeviceNumber(parsing: "dev 8:16"[...].dropFirst(4)) == DeviceNumber(major: 8, minor: 16))
        #expect(DeviceNumber(parsingUTF8: Array("8:16".utf8).span) == DeviceNumber(major: 8, minor: 16))
        #expect(DeviceNumber(parsingUTF8: [0xFF].span) == nil)
    }
}
