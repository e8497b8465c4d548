package terminal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"github.com/civic-etl/civic-etl/pipelines/run"
)

// Reporter writes the notices, progress and closing summary of a run to standard
// error. It is safe for concurrent use.
type Reporter struct {
	mu    sync.Mutex
	w     io.Writer
	log   *slog.Logger
	live  bool // a line that is rewritten, on a terminal
	plain bool // a line every few seconds
	quiet bool
	json  bool
	last  time.Time
	drawn bool // the live line is on the screen
}

// Options are the values of the flags that control a Reporter.
type Options struct {
	Level    string // debug, info, warn or error
	Format   string // text or json
	Progress string // auto, plain or none
	Quiet    bool
}

const (
	liveEvery  = 100 * time.Millisecond
	plainEvery = 5 * time.Second
)

// NewReporter reports to w. Its errors are faults of the options.
func NewReporter(w io.Writer, o Options) (*Reporter, error) {
	r := &Reporter{w: w, quiet: o.Quiet}
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.Level)); err != nil {
		return nil, fmt.Errorf("--log-level %s: give debug, info, warn or error", o.Level)
	}
	switch o.Format {
	case "text":
		r.log = slog.New(&textHandler{w: w, level: level})
	case "json":
		r.json = true
		r.log = slog.New(slog.NewJSONHandler(jsonWriter{w}, &slog.HandlerOptions{Level: level}))
	default:
		return nil, fmt.Errorf("--log-format %s: give text or json", o.Format)
	}
	return r, r.setProgress(o.Progress)
}

// JSONLog is the log, if it is in JSON, else nil.
func (r *Reporter) JSONLog() *slog.Logger {
	if !r.json {
		return nil
	}
	return r.log
}

func (r *Reporter) setProgress(progress string) error {
	file, isFile := r.w.(*os.File)
	terminal := isFile && term.IsTerminal(int(file.Fd())) && !r.json
	switch progress {
	case "auto":
		r.live, r.plain = terminal && !r.quiet, !terminal && !r.quiet
	case "plain":
		r.plain = !r.quiet
	case "none":
	default:
		return fmt.Errorf("--progress %s: give auto, plain or none", progress)
	}
	return nil
}

// Notice logs what the user should know now: a retry, a pause, a fallback.
func (r *Reporter) Notice(n run.Notice) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.quiet {
		return
	}
	r.clearLine()
	r.log.Log(context.Background(), n.Level, n.Text, "pipeline", n.Pipeline)
}

// Warn logs a warning about the whole run.
func (r *Reporter) Warn(text string) {
	r.Notice(run.Notice{Level: slog.LevelWarn, Text: text})
}

// Progress shows the progress of a pipeline, as often as the form of progress asks.
func (r *Reporter) Progress(p run.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := p.At
	switch {
	case r.live && (p.Done || now.Sub(r.last) >= liveEvery):
		r.last = now
		fmt.Fprintf(r.w, "\r\x1b[K%s", progressText(p))
		r.drawn = true
		if p.Done {
			r.clearLine()
		}
	case r.plain && !p.Done && now.Sub(r.last) >= plainEvery:
		first := r.last.IsZero()
		r.last = now
		if !first {
			r.log.Info(progressText(p))
		}
	}
}

// clearLine removes the live line from the screen.
func (r *Reporter) clearLine() {
	if r.drawn {
		fmt.Fprint(r.w, "\r\x1b[K")
		r.drawn = false
	}
}

// progressText is one line: records, percentage, time left, throttling.
func progressText(p run.Progress) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", p.Pipeline, humanize.Comma(p.Records))
	if p.Total > 0 {
		fmt.Fprintf(&b, " of %s records (%d%%)", humanize.Comma(p.Total), min(100, p.Records*100/p.Total))
	} else {
		b.WriteString(" records")
	}
	if left := timeLeft(p); left > 0 {
		fmt.Fprintf(&b, ", %s left", left)
	}
	if p.ThrottledUntil.After(p.At) {
		fmt.Fprintf(&b, ", waiting for the rate limit until %s", p.ThrottledUntil.Format("15:04:05"))
	}
	return b.String()
}

func timeLeft(p run.Progress) time.Duration {
	elapsed := p.At.Sub(p.Started)
	if p.Records == 0 || p.Total <= p.Records || elapsed < time.Second {
		return 0
	}
	rate := float64(elapsed) / float64(p.Records)
	return time.Duration(rate * float64(p.Total-p.Records)).Round(time.Second)
}
