// Package extract reads the pages of one connection of CIViC's GraphQL API.
//
// It takes a query (a connection, its arguments, a selection, a way of paging) and gives whole,
// well-formed pages, with the connections nested in their records read to their ends. One reader
// serves live, recorded and rewritten pages: it finds the counts, cursors, ids and places of records
// in one strict scan. Requests go through extract/graphql, which limits and retries them;
// extract/reconcile proves that no record is missing.
//
// It is synchronous: package pipelines runs several fetches at once and keeps their order. It never
// decodes a record's values and never drops a record without a Reject.
package extract
