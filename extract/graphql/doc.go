// Package graphql sends one GraphQL query and gives its answer once that is whole.
//
// It takes a query and its variables, waits for the rate limit, sends a POST, retries it, and gives a
// well-formed answer with data and without errors. Its parts are synchronous.
//
// It never accepts a corrupt answer, never drops an `errors` entry, and never shows the API key in an
// error, a notice or a URL. It knows nothing about connections or pages.
package graphql
