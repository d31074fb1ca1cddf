/// Something failed, and what it was has been told.
struct Told: Error {}
