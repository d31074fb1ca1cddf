# shellcheck shell=bash disable=SC2154
# Part of kernel-lab: what the guest boots. Uses its variables kernel, release, parts, scratch.

# Loaded by guest-init, before there is a root file system with a modprobe.
early_modules=(virtio_pci virtio_console 9pnet_virtio 9p overlay)

# Put into the guest, and loaded when something asks for them: the device mapper, all ciphers and hashes
# (crypt, verity and integrity choose theirs at run time), block devices to build on, file systems.
guest_modules() {
    printf '%s\n' dm-mod loop brd null_blk scsi_debug nbd ext4 xfs vfat fuse nls_ascii nls_cp437 nls_utf8 xxhash_generic
    (cd "$kernel/lib/modules/$release" &&
        find kernel/crypto kernel/arch/x86/crypto kernel/drivers/md extra -name '*.ko*' ! -path '*/bcache/*' -printf '%f\n' |
        sed 's/\.ko.*//' | sort)
}

# module_files MODULE...: the files to load, in this order. No configuration: that of this machine
# (blacklists, install lines) is not about the guest.
module_files() {
    modprobe -C /dev/null -d "$kernel" -S "$release" --show-depends -a "$@" | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# make_initramfs: sets initramfs. Cached under a hash of all it is made of. It is not compressed: the
# guest would spend more time on that than it saves.
make_initramfs() {
    local module file name tree target extra=()
    read -ra extra <<<"${KERNEL_LAB_MODULES:-}"
    for module in "${extra[@]}"; do
        module_files "$module" >/dev/null 2>&1 || die "KERNEL_LAB_MODULES: kernel $release has no module $module"
    done
    initramfs=$kernel/initramfs-$({
        cat "$parts/initramfs.sh" "$parts/guest-init" "$busybox" "$kernel/packages"
        guest_modules
        echo "${extra[@]}"
    } | sha256sum | cut -c 1-16)
    if [ -s "$initramfs" ]; then touch "$initramfs"; return; fi

    tree=$(mktemp -d "$cache/tmp.XXXXXX") || die "cannot write $cache"
    scratch+=("$tree")
    target=$tree/root/lib/modules/$release
    mkdir -p "$tree"/root/{bin,proc,sys,dev,ro,rw,new} "$target"
    cp "$busybox" "$tree/root/bin/busybox"
    cp "$parts/guest-init" "$tree/root/init"
    chmod 755 "$tree/root/init" "$tree/root/bin/busybox"
    # shellcheck disable=SC2046 # module names have no blanks
    module_files "${early_modules[@]}" $(guest_modules) "${extra[@]}" >"$tree/files" 2>"$log" || die_with_log "cannot list the modules of $release"
    while read -r file; do
        name=${file##*/}
        name=$target/${name%%.ko*}.ko
        case $file in
            *.xz) xz -dc "$file" ;;
            *.zst) zstd -dcq "$file" ;;
            *.gz) gzip -dc "$file" ;;
            *) cat "$file" ;;
        esac >"$name" || die "cannot unpack $file"
    done <"$tree/files"
    # This drops the signature as well: the guest need not check it, which takes long in emulation.
    strip --strip-debug "$target"/*.ko || die "cannot strip the modules of $release"
    module_files "${early_modules[@]}" | sed 's#.*/##; s#\.ko.*#.ko#' >"$tree/root/early"
    cp "$kernel/lib/modules/$release"/modules.{builtin,builtin.modinfo,order} "$target"
    depmod -b "$tree/root" "$release" 2>"$log" || die_with_log "depmod failed"
    (cd "$tree/root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$tree/initramfs" || die "cannot write the initramfs"
    mv "$tree/initramfs" "$initramfs" || die "cannot write $kernel"
    rm -rf "$tree"
    # Keep the one before, for whoever goes back and forth between two sets of modules.
    find "$kernel" -maxdepth 1 -name 'initramfs-*' -printf '%T@ %p\n' | sort -rn | tail -n +3 | cut -d ' ' -f 2- | xargs -rd '\n' rm -f
}
