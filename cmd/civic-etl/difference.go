package main

import (
	"errors"
	"fmt"
)

// difference is what verify, or diff --exit-code, was asked to find: no
// failure, yet not what all is well looks like.
type difference struct{ error }

func differencef(format string, args ...any) error { return difference{fmt.Errorf(format, args...)} }

// failures are the errors of a command over several folders, each said in a
// line of its own. One that is no difference outranks those that are.
type failures []error

func (f failures) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f failures) Error() string { return errors.Join(f...).Error() }

// As lets the status see a difference only if there is nothing worse.
func (f failures) As(target any) bool {
	for _, err := range f {
		if !errors.As(err, new(difference)) {
			return false
		}
	}
	return errors.As(f[0], target)
}
