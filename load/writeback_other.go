//go:build !linux

package load

import "os"

// startWriting does nothing where the disk cannot be told.
func startWriting(*os.File, int64, int64) {}
