package extract

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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

func askVersion(ctx context.Context, client *graphql.Client, q *Query, text string) (version string, err error) {
	_, err = client.Ask(ctx, &graphql.Request{Query: text, Fresh: true, Accept: func(a *graphql.Answer) (err error) {
		version, err = q.versionOf(a.Data)
		return err
	}})
	return version, err
}

func (q *Query) versionOf(data []byte) (string, error) {
	records, ok := totalIn(data, q.Connection.Name)
	if !ok {
		return "", errors.New("the answer has no count of " + q.Connection.Name)
	}
	version := fmt.Sprintf("%d records", records)
	activities, ok := totalIn(data, "newest")
	if !ok {
		return version, nil
	}
	version += fmt.Sprintf(" and %d activities", activities)
	newest := []hop{{Key: "newest", Index: -1}, {Key: "nodes"}, {Key: "createdAt", Index: -1}}
	if at := jsonscan.Seek(data, newest); at != nil {
		text, _ := jsontext.AppendUnquote(nil, at)
		version += ", the newest of " + graphql.Printable(string(text))
	}
	return version, nil
}

func totalIn(data []byte, name string) (uint64, bool) {
	text := jsonscan.Seek(data, []hop{{Key: name, Index: -1}, {Key: "totalCount", Index: -1}})
	n, err := strconv.ParseUint(string(text), 10, 31)
	return n, err == nil
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
