//go:build !race

package run

// raceOn says that the race detector is at work, which takes ten times as long.
const raceOn = false
