package run

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/civic-etl/civic-etl/extract/graphql"
	"github.com/civic-etl/civic-etl/extract/limit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/pipelines/state"
)

// keyedRate is the rate with an accepted API key, unless the spec sets one.
var keyedRate = spec.Rate{Requests: 10, Per: time.Second}

// demoRate is the rate with the demo API, which has no limit, unless the spec sets one.
var demoRate = spec.Rate{Requests: 100000, Per: time.Minute}

// sessions is shared by the pipelines of one run: a limiter for each lane, and whether its key is accepted. A lane is
// a server with or without a key, since the server counts these separately. Its rate is the strictest of its specs.
type sessions struct {
	runner   *Runner
	limiters map[string]*limit.Limiter // by lane
	rates    map[string]spec.Rate      // by lane
	accepted map[string]bool           // by endpoint and key variable
	answered map[string]*atomic.Bool   // by server
	budgets  []*state.Budget           // shared with other processes
	journals journals
}

func newSessions(r *Runner, plans []*plan.Plan) *sessions {
	s := &sessions{
		runner: r, limiters: map[string]*limit.Limiter{}, rates: map[string]spec.Rate{}, accepted: map[string]bool{},
		answered: map[string]*atomic.Bool{},
	}
	for _, p := range plans {
		s.answered[serverOf(s.endpoint(p))] = &atomic.Bool{}
		lane, rate := s.lane(p), p.Spec.Source.Rate
		if r.Transport != nil && !p.Spec.Source.RateSet {
			rate = demoRate
		}
		if strictest, seen := s.rates[lane]; !seen || slower(rate, strictest) {
			s.rates[lane] = rate
		}
	}
	for _, p := range plans {
		if lane := s.lane(p); s.limiters[lane] == nil {
			s.limiters[lane] = limit.New(s.rates[lane].Requests, s.rates[lane].Per)
			s.share(p, s.key(p) != "")
		}
	}
	return s
}

func (s *sessions) close() {
	s.journals.close()
	for _, b := range s.budgets {
		b.Close()
	}
}

func slower(a, b spec.Rate) bool {
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
		return serverOf(s.endpoint(p)) + " key"
	}
	return serverOf(s.endpoint(p))
}

// serverOf names the server of an endpoint, alike for all spellings of one host and for all names of this machine.
func serverOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint // the client reports it
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	ip, err := netip.ParseAddr(host)
	ip = ip.Unmap().WithZone("")
	switch {
	case host == "localhost", err == nil && (ip.IsLoopback() || ip.IsUnspecified()):
		host = "localhost"
	case err == nil:
		host = ip.String()
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(host, port)
}

func (s *sessions) limiter(p *plan.Plan) *limit.Limiter { return s.limiters[s.lane(p)] }

// share makes the limiter of a plan count the requests of other processes to the same host, with or without a key. If
// that fails, each process counts its own.
func (s *sessions) share(p *plan.Plan, keyed bool) {
	if !s.runner.network() {
		return
	}
	warn := func(text string) { s.runner.notice(p.Spec.Name, slog.LevelWarn, "%s", text) }
	budget, err := s.runner.State.Budget(serverOf(s.endpoint(p)), keyed, warn)
	if err != nil {
		warn(fmt.Sprintf("the rate limit is not shared with other runs: %v", err))
		return
	}
	s.budgets = append(s.budgets, budget)
	s.limiter(p).Share(budget)
}

// open makes a client for a plan. It asks once for each key whether the server accepts it, since the server treats a
// caller with a wrong key as anonymous.
func (s *sessions) open(ctx context.Context, p *plan.Plan, notify func(graphql.Notice)) (*graphql.Client, error) {
	client, err := s.client(p, p.Spec.Source.Retries, p.Spec.Source.Patience, notify)
	if err != nil || s.key(p) == "" {
		return client, err
	}
	return client, s.checkKey(ctx, p, client)
}

func (s *sessions) client(
	p *plan.Plan, retries int, patience time.Duration, notify func(graphql.Notice),
) (*graphql.Client, error) {
	return graphql.NewClient(graphql.Options{
		Endpoint: s.endpoint(p), APIKey: s.key(p), UserAgent: s.runner.UserAgent,
		Timeout: p.Spec.Source.Timeout, Retries: retries, Patience: patience,
		Limiter: s.limiter(p), Transport: s.runner.Transport, Notify: notify,
		Answered: s.answered[serverOf(s.endpoint(p))],
	})
}

// key is the API key for a plan, "" if there is none.
func (s *sessions) key(p *plan.Plan) string {
	if s.runner.Transport != nil || s.runner.Env == nil {
		return "" // the demo API has no keys
	}
	key, _ := s.runner.Env(p.Spec.Source.APIKeyEnv)
	return strings.TrimSpace(key)
}

func (s *sessions) checkKey(ctx context.Context, p *plan.Plan, client *graphql.Client) error {
	env := p.Spec.Source.APIKeyEnv
	id := s.endpoint(p) + " " + env
	if _, asked := s.accepted[id]; asked {
		return nil
	}
	_, ok, err := client.Viewer(ctx)
	if err != nil {
		return fmt.Errorf("extract: %w", err)
	}
	if s.accepted[id] = ok; !ok {
		s.runner.notice(p.Spec.Name, slog.LevelWarn, "the API key in %s is rejected; continuing without it", env)
	}
	s.adopt(p, ok)
	return nil
}

// adopt applies the server's answer about the key of a plan, and reports whether the rate changed.
func (s *sessions) adopt(p *plan.Plan, accepted bool) (raised bool) {
	switch {
	case !accepted:
		s.share(p, false)
		return false
	case p.Spec.Source.RateSet:
		return false
	}
	s.limiter(p).SetRate(keyedRate.Requests, keyedRate.Per)
	return true
}
