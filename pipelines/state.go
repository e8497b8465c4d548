package pipelines

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/civic-etl/civic-etl/extract"
	"github.com/civic-etl/civic-etl/extract/state"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// State is the folder where runs leave what the next ones may use: the answers
// of a run that died, and when requests were made.
type State = state.Folder

// OpenState opens the folder, and makes it if it is not there.
func OpenState(path string) (*State, error) { return state.Open(path) }

// kept is what becomes of the journals of one run of several pipelines.
type kept struct {
	done      []*state.Journal // of those that published
	resumable int              // pipelines that failed and could go on
}

// close drops the answers of what is published, unless the same command will be
// run again for the sake of another pipeline: then it need not ask for them.
func (k *kept) close() {
	for _, j := range k.done {
		if k.resumable > 0 {
			j.Close()
		} else {
			j.Drop()
		}
	}
}

// openJournal locks the target against other runs, and finds what an earlier one
// left. Where nothing can be kept the run goes on all the same.
func (p *pipeline) openJournal() error {
	r := p.runner
	if !r.network() || r.Stdout != nil {
		return nil
	}
	target := place(p.plan.Target)
	if p.plan.further {
		target += "#" + p.plan.Connection.Name
	}
	run := state.Run{Target: target, Endpoint: p.endpoint, Facts: p.facts()}
	journal, err := r.State.Journal(run, func(text string) { r.notice(p.plan.Spec.Name, slog.LevelWarn, "%s", text) })
	if errors.As(err, new(*state.BusyError)) {
		return err
	}
	if err != nil {
		r.notice(p.plan.Spec.Name, slog.LevelWarn, "answers cannot be kept, so that a run that dies starts anew: %v", err)
		return nil
	}
	p.journal = journal
	return nil
}

// network says that the run asks a server that outlives it, and has a place to
// remember what it asked.
func (r *Runner) network() bool { return r.State != nil && r.Transport == nil && r.Replay == "" }

// facts are what answers depend on, by the names that the user sees. How many
// requests are under way at once is none of them.
func (p *pipeline) facts() map[string]string {
	return map[string]string{
		"civic-etl":  p.runner.Version,
		"the limit":  fmt.Sprint(p.runner.Limit),
		"the schema": p.plan.Schema.SHA256(),
		"the spec":   p.plan.identity(),
	}
}

// identity is a hash of the spec: of its text, and of what --set and ${…} made
// of it.
func (p *Plan) identity() string {
	h := sha256.New()
	fmt.Fprintln(h, p.Spec.SHA256, p.Formats)
	text, err := p.MarshalJSON()
	var parts map[string]json.RawMessage
	if err == nil && json.Unmarshal(text, &parts) == nil {
		for _, name := range []string{"spec", "source", "cost", "target"} {
			delete(parts, name)
		}
		for _, name := range slices.Sorted(maps.Keys(parts)) {
			fmt.Fprintf(h, "%s %s\n", name, parts[name])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// goOn decides whether the answers of an earlier run serve this one, and says so.
func (p *pipeline) goOn(ctx context.Context) error {
	if p.journal == nil {
		return nil
	}
	p.client.KeepAnswers(p.journal)
	left := p.journal.Left()
	if left == nil {
		return nil
	}
	since := left.Started.Local().Format(time.DateTime)
	if left.Removed {
		p.runner.notice(p.plan.Spec.Name, slog.LevelInfo, "starting anew: the answers of the run of %s are older than a day, and were removed", since)
		return nil
	}
	why := p.outdated(left)
	if why == "" && left.Answers > 0 {
		var err error
		if p.version, err = p.askVersion(ctx); err != nil {
			return fmt.Errorf("extract: %w", err)
		}
		if p.version != left.Version {
			why = fmt.Sprintf("the data changed (%s then, %s now)", left.Version, p.version)
		}
	}
	switch {
	case left.Answers == 0:
	case why == "":
		p.runner.notice(p.plan.Spec.Name, slog.LevelInfo, "going on where the run of %s stopped: %d of its answers are kept", since, left.Answers)
		return nil
	default:
		p.runner.notice(p.plan.Spec.Name, slog.LevelInfo, "starting anew: %s; the %d answers of the run of %s are dropped", why, left.Answers, since)
	}
	p.journal.Restart()
	if p.version != "" {
		p.journal.SetVersion(p.version)
	}
	return nil
}

// outdated says why an earlier run's answers are of no use, as far as that can be
// told without asking; "" if they may be.
func (p *pipeline) outdated(left *state.Left) string {
	switch {
	case p.runner.Anew:
		return "--resume=false says so"
	case len(left.Changed) > 0:
		return strings.Join(left.Changed, " and ") + " changed"
	case left.TooOld(p.runner.now()):
		return "they are older than a day"
	case left.Version == "":
		return "that run ended before it knew which version the data were"
	}
	return ""
}

// versionPatience is how long a run that has its first answer waits to learn
// which version the data are.
var versionPatience = 2 * time.Second

// gatherKept is gather. A run that may have to go on later needs to know which
// version the data were when it began. That is asked beside the first page, so
// that it takes no time of its own, and no further page is asked for before it is
// known: a run that dies a moment later can go on.
func (p *pipeline) gatherKept(ctx context.Context) error {
	if p.journal == nil || p.version != "" {
		return p.gather(ctx)
	}
	if p.workers() == 1 { // no two requests at a time, not even these
		p.learnVersion(ctx)
		return p.gather(ctx)
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	held := &answers{Journal: p.journal, free: make(chan struct{})}
	p.client.KeepAnswers(held)
	var g errgroup.Group
	g.Go(func() error { defer held.release(); p.learnVersion(asking); return nil })
	err := p.gather(ctx)
	stop()
	_ = g.Wait()
	return err
}

// learnVersion asks which version the data are. Without it the answers serve
// nobody: that is all.
func (p *pipeline) learnVersion(ctx context.Context) {
	if version, err := p.askVersion(ctx); err == nil {
		p.journal.SetVersion(version)
	}
}

// answers holds back who has an answer until the version of the data is known,
// or patience is at its end.
type answers struct {
	*state.Journal
	free        chan struct{}
	first, once sync.Once
}

// Keep implements graphql.Journal.
func (a *answers) Keep(request, answer, packed []byte) {
	a.first.Do(func() { time.AfterFunc(versionPatience, a.release) })
	<-a.free
	a.Journal.Keep(request, answer, packed)
}

func (a *answers) release() { a.once.Do(func() { close(a.free) }) }

func (p *pipeline) askVersion(ctx context.Context) (string, error) {
	var activities *schemas.Connection
	if c, err := p.plan.Schema.Connection("activities"); err == nil {
		activities = c
	}
	return extract.Version(ctx, p.client, p.plan.Query, activities)
}

// leave settles what becomes of the answers, now that the pipeline has ended.
func (p *pipeline) leave(k *kept, err error) {
	switch {
	case p.journal == nil:
	case err == nil:
		k.done = append(k.done, p.journal)
	case repeats(err):
		p.journal.Drop()
	case p.journal.Kept() == 0:
		k.resumable++
		p.journal.Drop()
	default:
		k.resumable++
		p.journal.Close()
		p.runner.notice(p.plan.Spec.Name, slog.LevelInfo, "%d answers are kept in %s; the same command goes on from there", p.journal.Kept(), p.runner.State.Path())
	}
}

// repeats says that the same answers would lead to the same error.
func repeats(err error) bool {
	return errors.As(err, new(*CheckError)) || errors.As(err, new(*transform.PageError)) || errors.Is(err, extract.ErrChanged)
}
