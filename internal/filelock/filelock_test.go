package filelock

import (
	"errors"
	"os"
	"testing"
)

// TestTryLock locks a folder through two descriptors.
func TestTryLock(t *testing.T) {
	dir := t.TempDir()
	open := func() *os.File {
		f, err := os.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	a, b := open(), open()
	if err := TryLock(a); err != nil {
		t.Fatal(err)
	}
	if err := TryLock(b); !errors.Is(err, ErrHeld) {
		t.Errorf("a locked folder was locked again: %v", err)
	}
	Unlock(a)
	if err := TryLock(b); err != nil {
		t.Errorf("after Unlock: %v", err)
	}
}
