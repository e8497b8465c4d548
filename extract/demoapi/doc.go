// Package demoapi stands in for CIViC's GraphQL API: the server behind --demo
// and `civic-etl demo-api`, and the one all tests run against.
//
// It takes GraphQL over HTTP and answers as the real server does: strict
// validation against the schema, pages clamped without a word, offset cursors,
// orders with long ties, default filters, a fixed-window rate limit with empty
// 429s. The data are synthetic and say so (SYN1 V600X-demo), seeded, as many
// records as CIViC has, and hold every legal value that has ever broken a
// reader; or they are real nodes read from files ([Options].Nodes). [Faults]
// switches on what goes wrong on bad days.
//
// What the stand-in does not implement (an argument, a search) is a GraphQL
// error that says so, never ignored. It never opens a connection itself, never
// writes a file, and is no part of what reads CIViC.
package demoapi
