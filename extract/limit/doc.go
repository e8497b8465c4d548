// Package limit keeps requests within a rate: at most a number of them in any window of time.
//
// It takes the rate, reports of what happened to each request, and a Budget that processes share. It
// blocks callers until their request may start, in the order of the calls, and pauses all of them
// after a 429. It never sends anything and never starts a goroutine.
package limit
