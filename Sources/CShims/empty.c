// The target holds only inline functions; a build system that wants an object file finds one here.
