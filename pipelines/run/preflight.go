package run

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/pipelines/internal/drift"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// preflightRetries is lower than for a run, and there is no patience, since the user waits for the answer.
const preflightRetries = 2

// throttledError says that the rate limit would make a check wait.
type throttledError struct{ notice graphql.Notice }

func (e throttledError) Error() string { return e.notice.String() }

// Preflight checks the conditions of a run: whether each endpoint is reachable and accepts the key, whether the run
// fits into the rate limit, and whether the server's schema still has what the plans use. It sends a handful of
// requests to each endpoint, for any number of plans, and writes nothing.
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
		e.Specs = append(e.Specs, &specReport{
			File: p.Spec.File, Pipeline: p.Spec.Name, Connection: p.Connection.Name, Findings: []finding{}, plan: p,
		})
	}
	for _, e := range report.Endpoints {
		e.ask(ctx, s)
	}
	report.OK = report.Err() == nil
	return report
}

// ask checks one endpoint, up to the first error.
func (e *endpointReport) ask(ctx context.Context, s *sessions) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	client, err := s.client(e.plans[0], preflightRetries, 0, func(n graphql.Notice) {
		if n.Throttled() {
			cancel(throttledError{n})
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
	e.budget(ctx, s)
}

func (e *endpointReport) fail(stage string, err error) {
	e.Stage, e.Error = stage, err.Error()
}

// stageOf is the step of a request that failed: budget, dns, tls, connect, or answer.
func stageOf(err error) string {
	var operation *net.OpError
	switch {
	case errors.As(err, new(throttledError)):
		return "budget"
	case errors.As(err, new(*net.DNSError)):
		return "dns"
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, new(tls.RecordHeaderError)),
		errors.As(err, new(tls.AlertError)):
		return "tls"
	case errors.As(err, &operation):
		switch operation.Op {
		case "dial":
			return "connect"
		case "local error", "remote error": // of crypto/tls, which does not export the type inside
			return "tls"
		}
	}
	return "answer"
}

// reach sends a query that any GraphQL server answers; with a key, it asks for the owner.
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
	if e.Key.Set {
		e.keyed = s.adopt(e.plans[0], e.Key.Accepted)
	}
	return nil
}

// schema compares the server's schema with that of the plans. If the server does not answer introspection, it tries
// each query instead, for one record.
func (e *endpointReport) schema(ctx context.Context, client *graphql.Client) error {
	server, err := drift.ServerSchema(ctx, client, e.plans)
	e.asked = true
	switch {
	case err == nil:
		for _, spec := range e.Specs {
			spec.add(drift.Find(spec.plan, server))
		}
		return nil
	case ctx.Err() != nil:
		return err
	}
	e.Schema.Error = err.Error()
	if refused := (*graphql.Error)(nil); errors.As(err, &refused) {
		e.Schema.Error, e.hidden = refused.Error(), refused.Invalid()
	}
	var failures []error
	for _, spec := range e.Specs {
		if err := spec.try(ctx, client); ctx.Err() != nil {
			return err
		} else if err != nil {
			failures = append(failures, fmt.Errorf("%s: its query could not be tried: %w", spec.File, err))
		}
	}
	return errors.Join(failures...)
}

// try sends the plan's own query, and adds what the server refuses in it. It returns any other error.
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
		s.add([]drift.Change{{Severity: drift.Broken, Fault: f}})
	}
	return nil
}

// counts asks for the number of records of each plan with a valid query, in one request.
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

// budget compares the requests of the plans with the rate limit, which is the strictest of the specs'.
func (e *endpointReport) budget(ctx context.Context, s *sessions) {
	b := &budgetReport{Left: s.limiter(e.plans[0]).Left(ctx)}
	rate := s.rates[s.lane(e.plans[0])]
	if e.keyed {
		rate = keyedRate
	}
	b.Requests, b.PerSeconds = rate.Requests, rate.Per.Seconds()
	for _, spec := range e.Specs {
		if spec.Records == nil {
			b.Partly = true
			continue
		}
		p := *spec.plan
		limited := *p.Spec
		limited.Source.Rate = rate
		p.Spec = &limited
		c := plan.CostOf(&p, int(*spec.Records))
		spec.Requests, spec.Seconds = c.Requests, c.Time.Seconds()
		b.Needed += c.Requests
		b.Seconds += c.Time.Seconds()
	}
	if beyond := b.Needed - b.Left; beyond > 0 { // they wait for further windows of the rate limit
		wait := time.Duration((beyond+rate.Requests-1)/rate.Requests) * rate.Per
		b.Seconds = max(b.Seconds, wait.Seconds())
	}
	e.Budget = b
}
