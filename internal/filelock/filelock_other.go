//go:build !unix

package filelock

import (
	"fmt"
	"os"
	"runtime"
)

// TryLock returns the error of Supported.
func TryLock(*os.File) error { return Supported() }

// Unlock does nothing.
func Unlock(*os.File) {}

// Supported returns an error on systems without file locks.
func Supported() error { return fmt.Errorf("no file locks on %s", runtime.GOOS) }
