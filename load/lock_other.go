//go:build !unix

package load

import (
	"fmt"
	"os"
	"runtime"
)

// lock fails: without locks a live stage cannot be told from a dead one.
func lock(dir *os.File) error {
	return fmt.Errorf("no folder locks on %s: use --stdout, or run civic-etl on Linux or macOS", runtime.GOOS)
}

func wouldBlock(error) bool { return false }
