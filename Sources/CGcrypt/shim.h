// libgcrypt, and the one function of it that Swift cannot call, because it is variadic.
#pragma once
#include <gcrypt.h>

/// Makes libgcrypt ready, unless the program has done so itself. Cipher contexts then lie in memory that is kept from swapping as far as the
/// limits of the process allow; the pool grows with their number. Returns 0 when the library is too old.
static inline int cgcrypt_initialize(const char *version, unsigned int secure_bytes) {
    if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) return 1;
    if (!gcry_check_version(version)) return 0;
    gcry_control(GCRYCTL_DISABLE_SECMEM_WARN);
    gcry_control(GCRYCTL_AUTO_EXPAND_SECMEM, secure_bytes);
    gcry_control(GCRYCTL_INIT_SECMEM, secure_bytes, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    return 1;
}
