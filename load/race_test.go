//go:build race

package load

// raceEnabled says that this is a race run, in which everything takes ten times
// as long: tests that try every case try some of them.
const raceEnabled = true
