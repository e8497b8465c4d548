package pipelines

import (
	"context"
	"fmt"
	"log/slog"
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
	accepted map[string]bool // by endpoint and key variable
}

func newSessions(r *Runner, plans []*Plan) *sessions {
	s := &sessions{runner: r, limiters: map[string]*extract.Limiter{}, accepted: map[string]bool{}}
	strictest := map[string]Source{}
	for _, p := range plans {
		endpoint := s.endpoint(p)
		source, seen := strictest[endpoint]
		if !seen || slower(p.Spec.Source, source) {
			strictest[endpoint] = p.Spec.Source
		}
	}
	for endpoint, source := range strictest {
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
	source := p.Spec.Source
	key, _ := s.runner.Env(source.APIKeyEnv)
	if s.runner.Transport != nil {
		key = "" // the stand-in knows no keys
	}
	endpoint := s.endpoint(p)
	client, err := extract.NewClient(extract.Options{
		Endpoint: endpoint, APIKey: key, UserAgent: s.runner.UserAgent, Timeout: source.Timeout, Retries: source.Retries,
		Limiter: s.limiters[endpoint], Transport: s.runner.Transport, Notify: notify,
	})
	if err != nil || key == "" {
		return client, err
	}
	return client, s.checkKey(ctx, p, client)
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
