// Package extract asks CIViC's GraphQL API for the pages of one connection.
//
// It takes a query (a connection, its arguments, a selection, a way of paging)
// and gives whole, well-formed pages: every request is rate limited and retried
// below the paging code, and a connection nested in a record is read to its
// end. Its parts are synchronous: who runs several fetches at once, and keeps
// their order, is package pipelines.
//
// It never decodes a record's values, never drops an `errors` entry, and never
// shows the API key in an error, a notice or a URL.
package extract
