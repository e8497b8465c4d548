package filelock_test

import (
	"errors"
	"fmt"
	"os"

	"github.com/civic-etl/civic-etl/load/filelock"
)

// A folder is opened twice, as by two processes. Only one can lock it.
func ExampleTryLock() {
	dir, err := os.MkdirTemp("", "example")
	check(err)
	defer os.RemoveAll(dir)
	first, err := os.Open(dir)
	check(err)
	defer first.Close()
	second, err := os.Open(dir)
	check(err)
	defer second.Close()

	fmt.Println("first:", filelock.TryLock(first))
	err = filelock.TryLock(second)
	fmt.Println("second:", err, errors.Is(err, filelock.ErrHeld))
	filelock.Unlock(first)
	fmt.Println("second, later:", filelock.TryLock(second))
	// Output:
	// first: <nil>
	// second: held by another process true
	// second, later: <nil>
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
