// Package terminal writes for people who read a terminal: progress, log lines, the
// closing summary, and text that is safe to show.
//
// It takes progress and notices of a run and text from files or servers; it gives
// lines on a writer and escaped text. It never decides anything about a run, and never
// passes control characters on.
package terminal
