package run

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/extract/limit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/pipelines/state"
)

// keyedRate is the polite ceiling with an accepted API key, where the spec sets none.
const (
	keyedRequests = 10
	keyedPer      = time.Second
)

// sessions are what the pipelines of one run share: a limiter for each lane, and
// what is known of the key there. A lane is an endpoint, asked with a key or
// without: the server counts these apart. Its rate is the strictest of the specs
// that use it.
type sessions struct {
	runner   *Runner
	limiters map[string]*limit.Limiter // by lane
	sources  map[string]spec.Source    // by lane: the one whose rate is in force
	accepted map[string]bool           // by endpoint and key variable
	budgets  []*state.Budget           // shared with other processes
	kept     keptAnswers
}

func newSessions(r *Runner, plans []*plan.Plan) *sessions {
	s := &sessions{runner: r, limiters: map[string]*limit.Limiter{}, sources: map[string]spec.Source{}, accepted: map[string]bool{}}
	for _, p := range plans {
		source, seen := s.sources[s.lane(p)]
		if !seen || slower(p.Spec.Source, source) {
			s.sources[s.lane(p)] = p.Spec.Source
		}
	}
	for _, p := range plans {
		if s.limiter(p) == nil {
			source := s.sources[s.lane(p)]
			s.limiters[s.lane(p)] = limit.New(source.Requests, source.Per)
			s.share(p, s.key(p) != "")
		}
	}
	return s
}

// close ends what the run held: nothing is asked any more.
func (s *sessions) close() {
	s.kept.close()
	for _, b := range s.budgets {
		b.Close()
	}
}

func slower(a, b spec.Source) bool {
	return float64(a.Requests)/float64(a.Per) < float64(b.Requests)/float64(b.Per)
}

func (s *sessions) endpoint(p *plan.Plan) string {
	if s.runner.Endpoint != "" {
		return s.runner.Endpoint
	}
	return p.Spec.Source.Endpoint
}

func (s *sessions) lane(p *plan.Plan) string {
	if s.key(p) != "" {
		return s.endpoint(p) + " key"
	}
	return s.endpoint(p)
}

func (s *sessions) limiter(p *plan.Plan) *limit.Limiter { return s.limiters[s.lane(p)] }

// share lets the limiter of a plan count what other processes ask, of the same
// host and with a key or without as this one. Where that cannot be, each counts
// its own.
func (s *sessions) share(p *plan.Plan, keyed bool) {
	if !s.runner.network() {
		return
	}
	warn := func(text string) { s.runner.notice(p.Spec.Name, slog.LevelWarn, "%s", text) }
	endpoint, err := url.Parse(s.endpoint(p))
	if err != nil {
		return // the client will say so
	}
	budget, err := s.runner.State.Budget(strings.ToLower(endpoint.Host), keyed, warn)
	if err != nil {
		warn(fmt.Sprintf("requests of other runs cannot be seen, nor they ours: %v", err))
		return
	}
	s.budgets = append(s.budgets, budget)
	s.limiter(p).Share(budget)
}

// open gives a client for a plan, after asking, once for each key, whether the
// key is accepted: the server takes a wrong one for an anonymous caller.
func (s *sessions) open(ctx context.Context, p *plan.Plan, notify func(graphql.Notice)) (*graphql.Client, error) {
	client, err := s.client(p, p.Spec.Source.Retries, notify)
	if err != nil || s.key(p) == "" {
		return client, err
	}
	return client, s.checkKey(ctx, p, client)
}

// client gives a client for a plan; it asks nothing.
func (s *sessions) client(p *plan.Plan, retries int, notify func(graphql.Notice)) (*graphql.Client, error) {
	return graphql.NewClient(graphql.Options{
		Endpoint: s.endpoint(p), APIKey: s.key(p), UserAgent: s.runner.UserAgent, Timeout: p.Spec.Source.Timeout, Retries: retries,
		Limiter: s.limiter(p), Transport: s.runner.Transport, Notify: notify,
	})
}

// key is the API key for a plan, "" where there is none.
func (s *sessions) key(p *plan.Plan) string {
	if s.runner.Transport != nil {
		return "" // the stand-in knows no keys
	}
	key, _ := s.runner.Env(p.Spec.Source.APIKeyEnv)
	return strings.TrimSpace(key)
}

func (s *sessions) checkKey(ctx context.Context, p *plan.Plan, client *graphql.Client) error {
	source, endpoint := p.Spec.Source, s.endpoint(p)
	if _, asked := s.accepted[endpoint+" "+source.APIKeyEnv]; asked {
		return nil
	}
	_, ok, err := client.Viewer(ctx)
	if err != nil {
		return fmt.Errorf("extract: %w", err)
	}
	s.accepted[endpoint+" "+source.APIKeyEnv] = ok
	switch {
	case !ok:
		s.runner.notice(p.Spec.Name, slog.LevelWarn, "the API key in %s is rejected; continuing without it", source.APIKeyEnv)
		s.share(p, false)
	case !source.RateSet:
		s.limiter(p).SetRate(keyedRequests, keyedPer)
	}
	return nil
}
