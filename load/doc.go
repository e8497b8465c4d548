// Package load puts tables of Arrow record batches on disk, or on a stream, so
// that a reader sees all of a run or nothing of it.
//
// It takes the tables' shapes, the formats to write and record batches; it
// gives a published folder of Parquet, NDJSON or TSV files with a manifest, and
// the facts about each file. Files grow in a stage beside the target, are
// synced, re-read by a decoder that did not write them and compared with what
// was meant to be written; then the stage and the target change places in one
// step. It never asks the network anything, never reads a spec, and never
// removes a file that an earlier run of civic-etl did not write.
package load
