//go:build !linux

package disk

// IsMountPoint cannot tell on this system.
func IsMountPoint(string) bool { return false }

// layered is false: this system has no such file systems.
func layered(string) bool { return false }
