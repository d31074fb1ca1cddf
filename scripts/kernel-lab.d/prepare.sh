# shellcheck shell=bash disable=SC2154,SC2016,SC2015
# Part of kernel-lab: installs missing tools and makes kernels, from Debian packages that are
# downloaded and unpacked, not installed. Uses its variables cache, kernels, log, udev, parts, scratch
# and its functions say and die.

default_series=6.1

die_with_log() {
    say "$*"
    echo "---- last 60 lines of the log" >&2
    tail -n 60 "$log" >&2
    echo "---- end of the log" >&2
    exit 125
}

logged() {
    echo "+ $*" >>"$log"
    "$@" >>"$log" 2>&1 </dev/null 9>&-
}

# ---- APT -----------------------------------------------------------------------------------------
# Options that make apt-get and apt-cache use another archive than this machine's. Downloads by root
# would otherwise be done by a user who cannot enter the cache, hence the sandbox setting.
archive=()
apt_options=(-o APT::Sandbox::User=root -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300)
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -qy "${apt_options[@]}" "${archive[@]}" "$@"; }
apt_cache() { apt-cache "${apt_options[@]}" "${archive[@]}" "$@"; }

# Archives whose lists were brought up to date by this process; once is enough.
updated=" "
is_updated() { [[ $updated == *" ${archive[*]:-system} "* ]]; }
apt_update() {
    is_updated && return 1
    updated+="${archive[*]:-system} "
    if [ ${#archive[@]} = 0 ] && [ "$(id -u)" != 0 ]; then
        echo "the package lists are not brought up to date: that needs root" >>"$log"
        return 1
    fi
    logged apt_get update
}
apt_has_lists() { [ -n "$(apt_get indextargets --format '$(SITE)' 'Identifier: Packages' 2>>"$log")" ]; }

# field PACKAGE FIELD: of the version that APT would take
field() { apt_cache show --no-all-versions "$1" 2>/dev/null | sed -n "s/^$2: //p" | sed -n 1p; }

# ---- tools ---------------------------------------------------------------------------------------
missing=()
# tool COMMAND PACKAGE
tool() { command -v "$1" >/dev/null || missing+=("$2"); }

install_missing() {
    local archive=() # this machine's
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        die "these Debian packages are missing (root would have them installed): ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    apt_has_lists || apt_update
    # lists that are too old name versions that are gone
    logged apt_get install --no-install-recommends "${missing[@]}" ||
        { apt_update && logged apt_get install --no-install-recommends "${missing[@]}"; } ||
        die_with_log "apt-get cannot install ${missing[*]}"
    hash -r
    missing=()
}

static_busybox() {
    busybox=$(command -v busybox) && busybox=$(readlink -f "$busybox") && ! ldd "$busybox" >/dev/null 2>&1
}

# need_tools: what every run needs. Sets busybox.
need_tools() {
    tool qemu-system-x86_64 qemu-system-x86
    # in the initramfs there is no libc
    static_busybox || missing+=(busybox-static)
    tool modprobe kmod
    tool xz xz-utils
    tool zstd zstd
    tool strip binutils
    if [ "$udev" = 1 ]; then
        [ -x /lib/systemd/systemd-udevd ] || missing+=(udev)
        # its rules make /dev/mapper/NAME
        [ -e /lib/udev/rules.d/55-dm.rules ] || missing+=(dmsetup)
    fi
    install_missing
    static_busybox || die "$busybox is not static (package busybox-static)"
}

# ---- which kernel --------------------------------------------------------------------------------
# offered WANTED: what the archive has of a series, of a release or (empty) of all, best first, as lines
# "RELEASE PACKAGE". Only the plain flavour of a series: "cloud" kernels have no 9p, "rt" is another
# scheduler. The unsigned packages are the same kernels; they come last, for a signed one may be missing
# for some days.
offered() {
    local pattern signature
    if [ -z "$1" ]; then pattern='[0-9]+\.[0-9]+\.[0-9][^-]*(-[0-9]+)?-amd64'
    elif is_series "$1"; then pattern="${1//./\\.}\\.[0-9][^-]*(-[0-9]+)?-amd64"
    else
        pattern=${1//./\\.}
        pattern=${pattern//+/\\+}
    fi
    for signature in '' -unsigned; do
        apt_cache pkgnames linux-image- | sed -nE "s/^linux-image-($pattern)$signature\$/\\1 &/p" | sort -rV
    done
}

# choose WANTED: sets release, image and version (of the headers), from the current archive
choose() {
    # An old release stays in the archive longer than its headers, which the extra modules need.
    while read -r release image; do
        version=$(field "linux-headers-$release" Version)
        [ -n "$version" ] && [ -n "$(field "$image" Version)" ] && return
    done < <(offered "$1")
    return 1
}

# use_backports: makes this release's backports the current archive, with its own lists in the cache, so
# that this machine's APT is left as it is. The mirror is that of this machine; APT tells it, however
# its sources are written.
use_backports() {
    local codename mirror directory keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    archive=()
    codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
    mirror=$(apt_get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Origin: Debian' \
        "Codename: $codename" 'Component: main' 2>>"$log" | sed -n 1p)
    [ -n "$codename" ] && [ -n "$mirror" ] || return
    directory=$cache/apt-$codename-backports
    mkdir -p "$directory"/{lists/partial,archives/partial} || return
    [ -e $keyring ] && keyring="[signed-by=$keyring] " || keyring=
    echo "deb $keyring$mirror $codename-backports main" >"$directory/sources.list"
    archive=(-o "Dir::Etc::SourceList=$directory/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
        -o "Dir::State=$directory" -o Dir::State::status=/var/lib/dpkg/status -o "Dir::Cache=$directory")
}

# find_kernel WANTED: choose, from this machine's archives or else from the backports
find_kernel() {
    archive=()
    apt_has_lists || apt_update
    choose "$1" || { apt_update && choose "$1"; } && return
    use_backports || return
    apt_has_lists || apt_update
    choose "$1" || { apt_update && choose "$1"; }
}

# prepare_kernel WANTED: sets release to a kernel that is in the cache afterwards
prepare_kernel() {
    need_apt
    say "no kernel $1 in the cache; looking for a package"
    if ! find_kernel "$1"; then
        archive=()
        { echo "offered here:"; offered '' | cut -d ' ' -f 1 | sort -Vu; } >>"$log"
        die_with_log "no package of a kernel $1 here, nor in the backports"
    fi
    make_kernel "$1"
}

# prepare_default_kernel: as before, for the default series, or else what this Debian release has
prepare_default_kernel() {
    need_apt
    say "no kernel $default_series in the cache; looking for a package"
    if find_kernel "$default_series"; then
        make_kernel "$default_series"
        return
    fi
    archive=()
    choose '' || die_with_log "no package of a kernel here"
    say "this Debian release has no kernel $default_series: taking $release, now and from now on"
    make_kernel "$release"
    echo "$release" >"$cache/fallback"
}

need_apt() {
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        die "the cache has no such kernel, and without apt-get there is no way to fetch one"
}

# ---- making it -----------------------------------------------------------------------------------
# versioned PACKAGE: PACKAGE=$version if the archive has that. For days after a kernel has come out it has newer tools only, which build modules for
# the older one, too. (apt-cache says nothing of a version that is not there, and does not fail.)
versioned() { [ -n "$(apt_cache show "$1=$version" 2>/dev/null)" ] && echo "$1=$version" || echo "$1"; }

# plan: sets packages, which the chosen kernel is made of, and installs what its build needs
plan() {
    local headers=linux-headers-$release depends common kbuild series compiler package
    depends=$(field "$headers" Depends)
    common=$(grep -oE 'linux-headers-[^ ,]+-common' <<<"$depends" | sed -n 1p)
    kbuild=$(grep -oE 'linux-kbuild-[^ ,]+' <<<"$depends" | sed -n 1p)
    compiler=$(grep -oE 'gcc-[0-9]+' <<<"$depends" | sed -n 1p)
    series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$release")
    [ -n "$common" ] && [ -n "$kbuild" ] && [ -n "$compiler" ] ||
        die "cannot make sense of what $headers depends on: $depends"
    packages=("$(versioned "$image")" "$headers" "$(versioned "$common")" "$(versioned "$kbuild")"
        "$(versioned "linux-source-$series")")
    # in newer kernels the image package is split
    # shellcheck disable=SC2207 # package names have no blanks
    packages+=($(field "$image" Depends | grep -oE 'linux-(binary|modules)-[^ ,|]+' | sort -u))

    tool "$compiler" "$compiler"
    tool make make
    # kbuild's programs are not installed by APT, so nobody else sees to their libraries. (pahole is for
    # type information, which the extra modules do without.)
    for package in $(field "$kbuild" Depends | tr ',' '\n' | sed 's/^ *//; s/[ (|:].*//' | grep -vx pahole); do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    install_missing
}

# download DIRECTORY
download() {
    say "fetching ${packages[*]}"
    rm -f "$1"/*
    (cd "$1" && logged apt_get download "${packages[@]}")
}

# make_kernel WANTED: puts the chosen kernel into the cache
make_kernel() {
    local work deb modules file
    plan
    work=$(mktemp -d "$cache/tmp.XXXXXX") || die "cannot write $cache"
    scratch+=("$work")
    mkdir -p "$work"/{debs,image,headers,source,kernel/lib/modules}
    # lists that are too old name packages that are gone; new ones may name another release
    download "$work/debs" ||
        { apt_update && choose "$1" && plan && download "$work/debs"; } ||
        die_with_log "cannot fetch kernel $release"

    say "unpacking $release"
    for deb in "$work"/debs/*.deb; do
        case ${deb##*/} in
            linux-headers-* | linux-kbuild-*) logged dpkg-deb -x "$deb" "$work/headers" ;;
            linux-source-*) logged unpack_source "$deb" "$work/source" ;;
            *) logged dpkg-deb -x "$deb" "$work/image" ;;
        esac || die_with_log "cannot unpack ${deb##*/}"
        dpkg-deb -W --showformat '${Package} ${Version}\n' "$deb" >>"$work/kernel/packages"
        rm -f "$deb"
    done
    for modules in "$work"/image/{,usr/}lib/modules/"$release"; do
        [ -d "$modules" ] && mv "$modules" "$work/kernel/lib/modules/"
    done
    modules=$work/kernel/lib/modules/$release
    for file in "$work/image/boot/vmlinuz-$release" "$modules/vmlinuz"; do
        [ -e "$file" ] && unpack_vmlinux "$file" "$work/kernel/vmlinux"
    done
    [ -d "$modules" ] && [ -s "$work/kernel/vmlinux" ] || die_with_log "$image does not look like a kernel package"

    # half of the modules, for hardware that the guest never has
    rm -rf "$modules"/kernel/{sound,drivers/{gpu,iio,infiniband,media,net,staging}}

    say "building the modules that Debian leaves out"
    logged "$parts/extra-modules" "$release" "$work/headers" "$work/source/drivers/md" "$work/kernel" ||
        die_with_log "cannot build the extra modules of $release"
    logged depmod -b "$work/kernel" "$release" || die_with_log "depmod failed"
    mv "$work/kernel" "$kernels/$release" || die "cannot write $kernels"
    rm -rf "$work"
}

# unpack_source DEB DIRECTORY: drivers/md only, without writing the archive in the package to a file
unpack_source() {
    dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' | xz -dc |
        tar -xC "$2" --strip-components=1 --wildcards 'linux-source-*/drivers/md'
}

# unpack_vmlinux VMLINUZ FILE: the ELF file in it. QEMU boots that directly (PVH), which saves the guest
# from unpacking itself: 2 to 4 seconds in emulation.
unpack_vmlinux() {
    local packing offset
    for packing in '\xfd7zXZ\x00:xz -dcq' '\x28\xb5\x2f\xfd:zstd -dcq' '\x02\x21\x4c\x18:lz4 -dcq' '\x1f\x8b\x08:gzip -dcq'; do
        for offset in $(LC_ALL=C grep -aboP "${packing%%:*}" "$1" | cut -d : -f 1 | head -n 4); do
            # Other data follows, so that the program reports an error: look at what it wrote instead.
            # shellcheck disable=SC2086 # command and options
            tail -c +$((offset + 1)) "$1" | ${packing#*:} >"$2" 2>/dev/null
            [ "$(head -c 4 "$2" | tail -c 3)" = ELF ] && [ "$(stat -c %s "$2")" -gt 10000000 ] && return
        done
    done
    # an unknown packing: the guest can unpack itself
    cp "$1" "$2"
}
