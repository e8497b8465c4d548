// Package demoapi is the demo API: an offline server that answers as CIViC's GraphQL API does. --demo,
// `civic-etl demo-api` and most tests use it.
//
// It takes GraphQL over HTTP and answers as the real server does: strict validation against the schema, silently
// clamped pages, offset cursors, orders with many ties, default filters, a rate limit per fixed window with empty 429
// answers. Records are synthetic, or real nodes read from files ([Options].Nodes). [Faults] injects errors.
//
// An argument or search that the demo API does not implement is a GraphQL error, never ignored. The package never opens
// a connection, never writes a file, and the code that reads CIViC never imports it.
package demoapi
