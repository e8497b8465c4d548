// Package graphql sends one GraphQL query and gives its answer once that is whole.
//
// It takes a query and its variables, waits for the rate limit, sends a POST, repeats it where that
// may help, and gives a well-formed answer with data and without errors. Its parts are synchronous.
//
// It never accepts a damaged answer, never drops an `errors` entry, and never shows the API key in an
// error, a notice or a URL. It does not know connections or pages: extract does.
package graphql
