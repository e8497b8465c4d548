package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/internal/drift"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// preflightRetries is how often a request of a check is tried again: less than a
// run would, whoever waits for the answer wants it now.
const preflightRetries = 2

// heldUp says that the rate limit would make a check wait.
type heldUp struct{ notice graphql.Notice }

func (h heldUp) Error() string { return h.notice.String() }

// Preflight asks what a long run would find: whether the endpoint is there and
// takes the key, how the run fits into the rate limit, and whether the server's
// schema is still what the plans need. Each endpoint is asked once, a handful of
// requests whatever the number of plans. Nothing is written.
func (r *Runner) Preflight(ctx context.Context, plans []*plan.Plan) *Preflight {
	s := newSessions(r, plans)
	defer s.close()
	report := &Preflight{}
	groups := map[string]*endpointReport{}
	for _, p := range plan.Unfolded(plans) {
		id := s.endpoint(p) + " " + p.Spec.Source.APIKeyEnv
		e := groups[id]
		if e == nil {
			e = &endpointReport{Endpoint: s.endpoint(p), Key: keyReport{Env: p.Spec.Source.APIKeyEnv}}
			groups[id] = e
			report.Endpoints = append(report.Endpoints, e)
		}
		e.plans = append(e.plans, p)
	}
	for _, e := range report.Endpoints {
		e.ask(ctx, s)
	}
	report.OK = report.Err() == nil
	return report
}

// ask finds out all about one endpoint, as far as it gets.
func (e *endpointReport) ask(ctx context.Context, s *sessions) {
	for _, p := range e.plans {
		e.Specs = append(e.Specs, &specReport{File: p.Spec.File, Pipeline: p.Spec.Name, Connection: p.Connection.Name, plan: p})
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	client, err := s.client(e.plans[0], preflightRetries, func(n graphql.Notice) {
		if n.Throttled() {
			cancel(heldUp{n})
		}
	})
	if err != nil {
		e.fail("endpoint", err)
		return
	}
	defer client.Close()
	if err := e.reach(ctx, client, s); err != nil {
		e.fail(stageOf(err), err)
		return
	}
	for _, step := range []func(context.Context, *graphql.Client) error{e.schema, e.counts} {
		if err := step(ctx, client); err != nil {
			e.fail("", err)
			return
		}
	}
	e.budget(s)
}

func (e *endpointReport) fail(stage string, err error) {
	e.Stage, e.Error = stage, err.Error()
}

// stageOf is how far a request came: dns, connect, tls, or the answer.
func stageOf(err error) string {
	var dns *net.DNSError
	var dial *net.OpError
	switch {
	case errors.As(err, new(heldUp)):
		return "budget"
	case errors.As(err, &dns):
		return "dns"
	case strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "x509: "):
		return "tls"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "connect"
	}
	return "answer"
}

// reach asks one question that any GraphQL server answers; with a key, whose it is.
func (e *endpointReport) reach(ctx context.Context, client *graphql.Client, s *sessions) (err error) {
	e.Key.Set = s.key(e.plans[0]) != ""
	e.Key.none = s.runner.Transport != nil
	if !e.Key.Set {
		_, err = client.Do(ctx, "query Check {\n  __typename\n}\n", nil)
	} else {
		e.Key.User, e.Key.Accepted, err = client.Viewer(ctx)
	}
	if err != nil {
		return err
	}
	e.Reachable = true
	if e.Key.Set && !e.Key.Accepted {
		s.share(e.plans[0], false) // the server counts it among the anonymous
	}
	if e.Key.Accepted && !e.plans[0].Spec.Source.RateSet {
		s.limiter(e.plans[0]).SetRate(keyedRequests, keyedPer)
		e.keyed = true
	}
	return nil
}

// schema compares the server's schema with that of the plans. A server that does
// not tell its schema is asked each query instead, for one record.
func (e *endpointReport) schema(ctx context.Context, client *graphql.Client) error {
	moved, err := drift.ServerSchema(ctx, client, e.plans)
	e.asked = true
	switch {
	case err == nil:
		for _, spec := range e.Specs {
			spec.take(drift.Find(spec.plan, moved))
		}
		return nil
	case ctx.Err() != nil:
		return err
	}
	e.Schema.Error = err.Error()
	if refused := (*graphql.Error)(nil); errors.As(err, &refused) {
		e.Schema.Error, e.hidden = refused.Error(), refused.Invalid()
	}
	var trouble []error
	for _, spec := range e.Specs {
		if err := spec.try(ctx, client); ctx.Err() != nil {
			return err
		} else if err != nil {
			trouble = append(trouble, fmt.Errorf("%s: its query could not be tried: %w", spec.File, err))
		}
	}
	return errors.Join(trouble...)
}

// try asks the server the plan's own query, and says what it refuses of it. Any other error is the
// server's trouble, not the spec's.
func (s *specReport) try(ctx context.Context, client *graphql.Client) error {
	total, err := probe(ctx, client, s.plan)
	var refused *graphql.Error
	switch {
	case err == nil:
		s.Records = &total
		return nil
	case !errors.As(err, &refused) || !refused.Invalid():
		return err
	}
	for _, f := range drift.RefusedFaults(s.plan, refused) {
		s.take([]drift.Change{{Severity: drift.Broken, Fault: f}})
	}
	return nil
}

// counts asks for the number of records of each plan whose query can be asked,
// all in one request.
func (e *endpointReport) counts(ctx context.Context, client *graphql.Client) error {
	var asked []*specReport
	var query strings.Builder
	query.WriteString("query Counts {\n")
	for _, spec := range e.Specs {
		if spec.Records == nil && spec.errors() == 0 {
			fmt.Fprintf(&query, "  c%d: %s { totalCount }\n", len(asked), spec.plan.Call())
			asked = append(asked, spec)
		}
	}
	if len(asked) == 0 {
		return nil
	}
	answer, err := client.Do(ctx, query.String()+"}\n", nil)
	if err != nil {
		return fmt.Errorf("count the records: %w", err)
	}
	var totals map[string]*struct{ TotalCount int64 }
	if err := json.Unmarshal(answer.Data, &totals); err != nil {
		return fmt.Errorf("count the records: %w", err)
	}
	for i, spec := range asked {
		if t := totals[fmt.Sprintf("c%d", i)]; t != nil {
			spec.Records = &t.TotalCount
		}
	}
	return nil
}

// budget holds what the plans will ask against the rate limit: that of the
// sessions, the strictest of the specs'.
func (e *endpointReport) budget(s *sessions) {
	b := &budgetReport{Left: s.limiter(e.plans[0]).Left()}
	source := s.sources[s.lane(e.plans[0])]
	if e.keyed {
		source.Rate = spec.Rate{Requests: keyedRequests, Per: keyedPer}
	}
	b.Requests, b.PerSeconds = source.Requests, source.Per.Seconds()
	for _, spec := range e.Specs {
		if spec.Records == nil {
			b.Partly = true
			continue
		}
		p := *spec.plan
		limited := *p.Spec
		limited.Source.Rate = source.Rate
		p.Spec = &limited
		c := plan.CostOf(&p, int(*spec.Records))
		spec.Requests, spec.Seconds = c.Requests, c.Time.Seconds()
		b.Needed += c.Requests
		b.Seconds += c.Time.Seconds()
	}
	if wait := windows(b.Needed, b.Left, source.Rate); wait > 0 {
		b.Seconds = max(b.Seconds, wait.Seconds())
	}
	e.Budget = b
}
