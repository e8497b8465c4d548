// Package readers reads what civic-etl wrote with readers that did not write
// it: DuckDB, Spark and parquet-go. Its tests build the binary from the root
// module, run it as a user does, and compare every value that comes back with
// the source records, flattened by a naive oracle of its own.
//
// It is a module of its own because DuckDB needs cgo and a C++ compiler, and
// civic-etl itself must not. Spark needs Java and the packages that the script
// `setup` installs; without them its tests skip, and fail where CI=true.
package readers
