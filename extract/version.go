package extract

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/schemas/jsonscan"
)

// Version asks the server for a text that changes with the API's data: the number of records of the
// query and, if the server has the connection of curators' activities, their number and the time of
// the newest one. Activities may be nil.
func Version(ctx context.Context, client *graphql.Client, q *Query, activities *schemas.Connection) (string, error) {
	version, err := askVersion(ctx, client, q, q.versionText(activities))
	if refused, ok := errors.AsType[*graphql.Error](err); activities != nil && ok && refused.Invalid() {
		version, err = askVersion(ctx, client, q, q.versionText(nil))
	}
	if err != nil {
		return "", fmt.Errorf("read the version of the data: %w", err)
	}
	return version, nil
}

func askVersion(ctx context.Context, client *graphql.Client, q *Query, text string) (string, error) {
	r := &versionReader{countReader: countReader{query: q, queries: []CountQuery{{}}, into: make([]CountResult, 1)}}
	accept := func(*graphql.Answer) error { return r.accept() }
	_, err := client.Ask(ctx, &graphql.Request{Query: text, Fresh: true, Read: r.data, Accept: accept})
	return r.version(), err
}

// versionReader reads the answer to a version query.
type versionReader struct {
	countReader
	activities int    // -1 if not asked
	newest     string // time of the newest activity; "" if there is none
}

// data implements graphql.DataReader. Each call begins anew.
func (r *versionReader) data(s *jsonscan.Scanner, i int) int {
	r.activities, r.newest = -1, ""
	r.other = func(key []byte, i, depth int) int {
		if string(key) != "newest" {
			return r.Skip(i, depth)
		}
		return r.newestActivity(i, depth)
	}
	return r.countReader.data(s, i)
}

func (r *versionReader) newestActivity(i, depth int) int {
	if r.is(i, 'n') {
		return r.Skip(i, depth)
	}
	c, end := r.parts("newest", i, depth, func(n, i int) int {
		text, end := r.raw(i, depth+2)
		if n == 0 && end > 0 {
			created, _ := jsontext.AppendUnquote(nil, jsonscan.Member(text, "createdAt"))
			r.newest = graphql.Printable(string(created))
		}
		return end
	})
	r.activities = c.total
	return end
}

func (r *versionReader) version() string {
	version := fmt.Sprintf("%d records", r.into[0].Total)
	if r.activities >= 0 {
		version += fmt.Sprintf(" and %d activities", r.activities)
	}
	if r.newest != "" {
		version += ", the newest of " + r.newest
	}
	return version
}

// versionText asks for the number of records and the newest activity, which the server lists first.
func (q *Query) versionText(activities *schemas.Connection) string {
	args, newest := "", ""
	if list := q.args(); len(list) > 0 {
		args = "(" + strings.Join(list, ", ") + ")"
	}
	if activities != nil {
		only := "first: 1"
		for _, a := range activities.Args {
			if a.Name == "includeAutomatedEvents" {
				only += ", includeAutomatedEvents: true"
			}
		}
		newest = fmt.Sprintf("  newest: %s(%s) {\n    totalCount\n    nodes {\n      createdAt\n    }\n  }\n",
			activities.Name, only)
	}
	return fmt.Sprintf("query %sVersion {\n  %s%s {\n    totalCount\n  }\n%s}\n",
		q.name(), q.Connection.Name, args, newest)
}
