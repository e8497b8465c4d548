// Package limit keeps requests within a rate: at most a number of them in any window of time.
//
// It takes the rate, the fate of each request, and a Budget that processes share. It blocks callers
// until their request may start, and pauses all of them after a 429. It never sends a request and
// never starts a goroutine.
package limit
