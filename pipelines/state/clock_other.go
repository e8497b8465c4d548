//go:build !linux

package state

// sharedClock gives the time of the wall clock, the only one that all processes share.
func sharedClock() (at int64, boot uint32) { return wallClock() }
