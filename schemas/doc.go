// Package schemas is the vocabulary of all stages: the API's types (SDL written for
// this project, embedded), the paths of a pipeline spec through them, the types of
// columns, and the labels that the official releases print for enum codes.
//
// It takes a schema and the text of a path or argument; it gives resolved paths, selection sets and column types. It
// never asks the network, never reads a pipeline spec, and imports none of the stages.
package schemas
