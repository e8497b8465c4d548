//go:build race

package main

// raceEnabled says that this is a race run, in which everything takes many times
// as long.
const raceEnabled = true
