//go:build race

package parquetio

// raceEnabled says that tests try fewer cases: a race run takes ten times as long.
const raceEnabled = true
