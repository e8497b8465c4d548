// Package extract reads the pages of one connection of CIViC's GraphQL API.
//
// It takes a query (a connection, its arguments, a selection, a way of paging) and gives complete,
// well-formed pages, including all nodes of the connections nested in their records. One reader serves
// live, recorded and rewritten pages. Package graphql sends the requests; package reconcile proves that
// no record is missing.
//
// It is synchronous: package pipelines fetches several pages at once and keeps their order. It never
// decodes a record's values and never drops a record without a Reject.
package extract
