// Package reconcile proves that an extraction is complete.
//
// It takes the ids of the received records and asks the server, through an extract.Source, for
// counts or for all ids again. It gives what is gone, what is missing, and windows to fetch it from.
// It never fetches records and never changes the received ones: package pipelines repairs.
package reconcile
