//go:build !unix

package state

import (
	"fmt"
	"os"
	"runtime"
)

// lock fails: without locks two runs could write one file.
func lock(*os.File) error { return locks() }

func unlock(*os.File) {}

// locks says whether files can be locked here.
func locks() error { return fmt.Errorf("no file locks on %s", runtime.GOOS) }
