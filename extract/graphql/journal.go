package graphql

import (
	"context"
	"encoding/json"
	"fmt"
)

// Journal keeps the answers of a run, so that a later run can continue without
// asking again. All methods are called concurrently.
//
// A run can send the same request twice on purpose (for a page whose data changed,
// or to repair what is missing), and gets a different answer each time: a journal
// gives the answers to one request in the order they were kept, each once.
type Journal interface {
	// Next gives the earlier run's next answer to a request, nil if there is none.
	Next(request []byte) []byte
	// Keep stores an answer. It must not keep the slices.
	Keep(request, answer []byte)
}

// KeepAnswers makes the client take answers from a journal and add its own. Call it
// before the first request whose answer may be reused.
func (c *Client) KeepAnswers(j Journal) { c.journal = j }

// fromJournal gives the earlier run's answer to a request. It skips answers that it
// would not accept from the server.
func (c *Client) fromJournal(ctx context.Context, body []byte, r *Request) *Answer {
	for c.journal != nil && ctx.Err() == nil {
		text := c.journal.Next(body)
		if text == nil {
			return nil
		}
		if answer, err := c.readAnswer(text, r.Read); err == nil && r.accept(answer) == nil {
			return answer
		}
	}
	return nil
}

func (r *Request) body() ([]byte, error) {
	body, err := json.Marshal(requestBody{Query: r.Query, Variables: r.Variables, OperationName: operationName(r.Query)})
	if err != nil {
		return nil, fmt.Errorf("write the query's variables: %w", err)
	}
	return body, nil
}
