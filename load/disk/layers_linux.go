package disk

import "golang.org/x/sys/unix"

// IsMountPoint reports whether a folder is the root of a mount, as far as the kernel tells (Linux 5.8).
func IsMountPoint(name string) bool {
	var s unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, name, unix.AT_SYMLINK_NOFOLLOW, 0, &s)
	return err == nil && s.Attributes&s.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0
}

// layered reports whether a folder is on overlayfs, or on a file system in user space such as fuse-overlayfs.
func layered(name string) bool {
	var s unix.Statfs_t
	err := unix.Statfs(name, &s)
	return err == nil && (s.Type == unix.OVERLAYFS_SUPER_MAGIC || s.Type == unix.FUSE_SUPER_MAGIC)
}
