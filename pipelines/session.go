package pipelines

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/extract"
)

// keyedRate is the polite ceiling with an accepted API key, where the spec sets none.
const (
	keyedRequests = 10
	keyedPer      = time.Second
)

// sessions are what the pipelines of one run share: a limiter for each
// endpoint, whose rate is the strictest of the specs that use it, and what is
// known of the key there.
type sessions struct {
	runner   *Runner
	limiters map[string]*extract.Limiter
	sources  map[string]Source // by endpoint: the one whose rate is in force
	accepted map[string]bool   // by endpoint and key variable
}

func newSessions(r *Runner, plans []*Plan) *sessions {
	s := &sessions{runner: r, limiters: map[string]*extract.Limiter{}, sources: map[string]Source{}, accepted: map[string]bool{}}
	for _, p := range plans {
		endpoint := s.endpoint(p)
		source, seen := s.sources[endpoint]
		if !seen || slower(p.Spec.Source, source) {
			s.sources[endpoint] = p.Spec.Source
		}
	}
	for endpoint, source := range s.sources {
		s.limiters[endpoint] = extract.NewLimiter(source.Requests, source.Per)
	}
	return s
}

func slower(a, b Source) bool {
	return float64(a.Requests)/float64(a.Per) < float64(b.Requests)/float64(b.Per)
}

func (s *sessions) endpoint(p *Plan) string {
	if s.runner.Endpoint != "" {
		return s.runner.Endpoint
	}
	return p.Spec.Source.Endpoint
}

// open gives a client for a plan, after asking, once for each key, whether the
// key is accepted: the server takes a wrong one for an anonymous caller.
func (s *sessions) open(ctx context.Context, p *Plan, notify func(extract.Notice)) (*extract.Client, error) {
	client, err := s.client(p, p.Spec.Source.Retries, notify)
	if err != nil || s.key(p) == "" {
		return client, err
	}
	return client, s.checkKey(ctx, p, client)
}

// client gives a client for a plan; it asks nothing.
func (s *sessions) client(p *Plan, retries int, notify func(extract.Notice)) (*extract.Client, error) {
	endpoint := s.endpoint(p)
	return extract.NewClient(extract.Options{
		Endpoint: endpoint, APIKey: s.key(p), UserAgent: s.runner.UserAgent, Timeout: p.Spec.Source.Timeout, Retries: retries,
		Limiter: s.limiters[endpoint], Transport: s.runner.Transport, Notify: notify,
	})
}

// key is the API key for a plan, "" where there is none.
func (s *sessions) key(p *Plan) string {
	if s.runner.Transport != nil {
		return "" // the stand-in knows no keys
	}
	key, _ := s.runner.Env(p.Spec.Source.APIKeyEnv)
	return strings.TrimSpace(key)
}

func (s *sessions) checkKey(ctx context.Context, p *Plan, client *extract.Client) error {
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
		s.runner.notice(p.Spec.Name, slog.LevelWarn, "the API key in %s is not accepted; going on as an anonymous caller", source.APIKeyEnv)
	case !source.RateSet:
		s.limiters[endpoint].SetRate(keyedRequests, keyedPer)
	}
	return nil
}
