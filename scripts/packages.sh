# shellcheck shell=bash
# Sourced by the scripts beside it: finds what is missing on a Debian machine and installs it.

wanted_packages=()

# want_command COMMAND PACKAGE: COMMAND is needed, and PACKAGE has it
want_command() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null || wanted_packages+=("$2"); }

# want_file FILE PACKAGE
want_file() { [ -e "$1" ] || wanted_packages+=("$2"); }

# want_build_packages: what `swift build` needs: the C library and tools that Swift compiles and links with, the libraries that the
# toolchain itself needs where it was unpacked without them, and those of this package
want_build_packages() {
    command -v swift >/dev/null || {
        echo "Swift 6.3 is needed: https://www.swift.org/install/linux/" >&2
        exit 1
    }
    swift --version >/dev/null 2>&1 ||
        wanted_packages+=(libncurses6 libsqlite3-0 libcurl4 libxml2 libedit2 zlib1g tzdata ca-certificates)
    want_command git git
    want_command ld binutils
    # gcc for its object files and libgcc, which Swift links with; g++ for the C++ library
    want_command g++ g++
    want_file /usr/include/stdlib.h libc6-dev
    want_file /usr/include/linux/fs.h linux-libc-dev
    want_command pkg-config pkgconf
    want_file /usr/include/gcrypt.h libgcrypt20-dev
}

# install_wanted: installs what was found missing
install_wanted() {
    [ ${#wanted_packages[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "these Debian packages are missing (as root they would be installed): ${wanted_packages[*]}" >&2
        exit 1
    fi
    echo "installing ${wanted_packages[*]}" >&2
    local log
    log=$(mktemp)
    local install=(apt-get install -qy --no-install-recommends -o DPkg::Lock::Timeout=300 "${wanted_packages[@]}")
    # Package lists that are missing or old are the usual reason for a failure.
    if ! DEBIAN_FRONTEND=noninteractive "${install[@]}" >"$log" 2>&1 </dev/null &&
        ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive "${install[@]}"; } >>"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        exit 1
    fi
    rm -f "$log"
    hash -r
    wanted_packages=()
}
