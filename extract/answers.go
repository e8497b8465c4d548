package extract

import (
	"context"
	"encoding/json"
	"fmt"
)

// Answers are the answers that a run had, kept so that a run that goes on where
// it stopped does not ask for them again. All methods are called concurrently.
//
// A request can be asked twice in one run on purpose (a page whose data moved,
// a page read anew to repair what is missing), and each time has an answer of
// its own: the answers to one request are given in the order they were kept,
// each once.
type Answers interface {
	// Next gives the earlier run's next answer to a request, nil if there is none.
	Next(request []byte) []byte
	// Keep takes note of an answer. Packed is the same as gzip, as it came; nil
	// if it came as it is. It must not keep the slices.
	Keep(request, answer, packed []byte)
}

// KeepAnswers lets the client take answers from those of an earlier run, and
// keep its own. Call it before the client is asked anything but what must be
// fresh.
func (c *Client) KeepAnswers(a Answers) { c.answers = a }

// do is Do for what an earlier run may have asked already: its answer is taken
// without asking, if accept takes it. An answer that accept refuses is asked for
// again a few times.
func (c *Client) do(ctx context.Context, query string, variables map[string]any, accept func(*Answer) error) (*Answer, error) {
	body, err := requestBody(query, variables)
	if err != nil {
		return nil, err
	}
	if answer := c.earlier(ctx, body, accept); answer != nil {
		c.stats.resumed.Add(1)
		return answer, nil
	}
	answer, err := c.retry(ctx, body, accept)
	if err == nil && c.answers != nil && !c.holdsKey(answer.Body) {
		c.answers.Keep(body, answer.Body, answer.packed)
	}
	return answer, c.secret(err)
}

// doFresh is do for what only the server can tell now: whose key it is, how many
// records there are at this moment. It is never taken from an earlier run.
func (c *Client) doFresh(ctx context.Context, query string, variables map[string]any, accept func(*Answer) error) (*Answer, error) {
	body, err := requestBody(query, variables)
	if err != nil {
		return nil, err
	}
	answer, err := c.retry(ctx, body, accept)
	return answer, c.secret(err)
}

// earlier gives the earlier run's answer to a request. What would not be
// accepted from the server is not accepted from there.
func (c *Client) earlier(ctx context.Context, body []byte, accept func(*Answer) error) *Answer {
	for c.answers != nil && ctx.Err() == nil {
		text := c.answers.Next(body)
		if text == nil {
			return nil
		}
		if answer, err := c.readAnswer(text); err == nil && accept(answer) == nil {
			return answer
		}
	}
	return nil
}

func requestBody(query string, variables map[string]any) ([]byte, error) {
	body, err := json.Marshal(request{Query: query, Variables: variables, OperationName: operationName(query)})
	if err != nil {
		return nil, fmt.Errorf("write the query's variables: %w", err)
	}
	return body, nil
}
