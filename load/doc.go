// Package load publishes tables of Arrow record batches as a folder, or writes one table to a stream. A reader of the
// folder sees all of a run or nothing of it.
//
// It takes the tables' shapes, formats and record batches, and gives a folder of Parquet, NDJSON or TSV files with a
// manifest. Files are written in a stage beside the target, synced, and read back by a decoder that did not write them.
// Then the stage replaces the target in one step. It never uses the network, never reads a spec, and never removes a
// file that civic-etl did not write.
package load
