// Package schemas is the vocabulary every stage reads: the API's own types
// (SDL written for this project, embedded), the paths a pipeline spec may take
// through them, the column types those paths give, and the labels the official
// releases print for enum codes.
//
// It takes a schema and the text of a path; it gives resolved paths, selection
// sets and column types. It never asks the network anything, never reads a
// pipeline spec, and imports none of the stages that import it.
package schemas
