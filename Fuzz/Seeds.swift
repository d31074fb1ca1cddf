import DeviceMapperTables
import StorageUnits

/// Prints a seed a line for all entries: the examples of every target, alone and as a device in concise form, and those of its statuses and
/// messages. `scripts/fuzz` makes a file of each.
@main
struct Seeds {
    static func main() {
        for type in TargetRegistry.standard.types {
            for example in type.syntax.examples {
                print("0 \(example.length) \(type.typeName) \(example.arguments)")
                print("name,uuid,1,ro,0 \(example.length) \(type.typeName) \(example.arguments);b,,,,0 8 zero")
            }
            for text in type.syntax.statusExamples + type.syntax.messageExamples { print(text) }
        }
        print("0 8 zero")
        print("0 8 crypt aes:64-cbc-lmk :2048:logon:k 0 d 0 2 sector_size:512 integrity_key_size:16")
        print("01234567" + "2 8:0 8:16 1 AD")
        print("01234567" + #"3 a\ b \\ 12 18446744073709551615"#)
    }
}
