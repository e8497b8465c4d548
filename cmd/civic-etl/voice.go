package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/civic-etl/civic-etl/pipelines"
)

// voice is all that a run says while it runs: notices, progress and the closing
// summary, on standard error. Safe for concurrent use.
type voice struct {
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

// jsonLog is where the app keeps a log in JSON, for what is said after the run.
const jsonLog = "json log"

const (
	liveEvery  = 100 * time.Millisecond
	plainEvery = 5 * time.Second
)

func newVoice(c *cli.Context) (*voice, error) {
	v := &voice{w: c.App.ErrWriter, quiet: c.Bool("q")}
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		return nil, usagef("--log-level %s: give debug, info, warn or error", c.String("log-level"))
	}
	switch c.String("log-format") {
	case "text":
		v.log = slog.New(&lines{w: v.w, level: level})
	case "json":
		v.json = true
		v.log = slog.New(slog.NewJSONHandler(inertJSON{v.w}, &slog.HandlerOptions{Level: level}))
		c.App.Metadata[jsonLog] = v.log
	default:
		return nil, usagef("--log-format %s: give text or json", c.String("log-format"))
	}
	return v, v.choose(c.String("progress"))
}

func (v *voice) choose(progress string) error {
	file, isFile := v.w.(*os.File)
	terminal := isFile && term.IsTerminal(int(file.Fd())) && !v.json
	switch progress {
	case "auto":
		v.live, v.plain = terminal, !terminal
	case "plain":
		v.plain = true
	case "none":
	default:
		return usagef("--progress %s: give auto, plain or none", progress)
	}
	if v.quiet {
		v.live, v.plain = false, false
	}
	return nil
}

// notice passes on what the user should know now: a retry, a pause, a fallback.
func (v *voice) notice(n pipelines.Notice) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.quiet {
		return
	}
	v.wipe()
	v.log.Log(context.Background(), n.Level, n.Text, "pipeline", n.Pipeline)
}

// warn says what concerns the run as a whole.
func (v *voice) warn(text string) {
	v.notice(pipelines.Notice{Level: slog.LevelWarn, Text: text})
}

func (v *voice) progress(p pipelines.Progress) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := p.At
	switch {
	case v.live && (p.Done || now.Sub(v.last) >= liveEvery):
		v.last = now
		fmt.Fprintf(v.w, "\r\x1b[K%s", progressText(p))
		v.drawn = true
		if p.Done {
			v.wipe()
		}
	case v.plain && !p.Done && now.Sub(v.last) >= plainEvery:
		first := v.last.IsZero()
		v.last = now
		if !first {
			v.log.Info(progressText(p))
		}
	}
}

// wipe takes the live line off the screen.
func (v *voice) wipe() {
	if v.drawn {
		fmt.Fprint(v.w, "\r\x1b[K")
		v.drawn = false
	}
}

// progressText is one line: records, percent, time left, throttle.
func progressText(p pipelines.Progress) string {
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

func timeLeft(p pipelines.Progress) time.Duration {
	elapsed := p.At.Sub(p.Started)
	if p.Records == 0 || p.Total <= p.Records || elapsed < time.Second {
		return 0
	}
	rate := float64(elapsed) / float64(p.Records)
	return time.Duration(rate * float64(p.Total-p.Records)).Round(time.Second)
}

// summarize closes a run with a line for each pipeline.
func (v *voice) summarize(all []pipelines.Summary) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wipe()
	if v.quiet || len(all) == 0 {
		return
	}
	if v.json {
		for _, s := range all {
			v.log.Info("summary", "pipeline", s.Pipeline, "status", s.Status(), "target", s.Target, "rows", s.Rows, "rejected", s.Rejected,
				"files", s.Files, "bytes", s.Bytes, "requests", s.Requests, "retries", s.Retries, "resumed", s.Resumed,
				"throttled_seconds", s.Throttled.Seconds(), "elapsed_seconds", s.Elapsed.Seconds(),
				"references", s.References, "references_open", s.Open)
		}
		return
	}
	w := tabwriter.NewWriter(v.w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "pipeline\tstatus\trows\tfiles\tbytes\trequests\tresumed\tretries\tthrottled\telapsed\ttarget")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%d\t%d\t%.1fs\t%.1fs\t%s\n", s.Pipeline, s.Status(), humanize.Comma(s.Rows), s.Files,
			humanize.IBytes(uint64(s.Bytes)), s.Requests, s.Resumed, s.Retries, s.Throttled.Seconds(), s.Elapsed.Seconds(), s.Target)
	}
	w.Flush()
	closeReferences(v.w, all)
}

// closeReferences says what came of the references between the pipelines of a run.
func closeReferences(w io.Writer, all []pipelines.Summary) {
	made, open := 0, 0
	for _, s := range all {
		made, open = made+s.References, open+s.Open
	}
	switch {
	case made == 0:
	case open == 0:
		fmt.Fprintf(w, "references between these pipelines: %d, and each value has its row\n", made)
	default:
		fmt.Fprintf(w, "references between these pipelines: %d, and in %d each value has its row; the others are above, and in the manifests\n", made, made-open)
	}
}

// lines is the text log: `warning: …`, one line a record, for people. Its
// attributes are left to the JSON form, but for the pipeline's name.
type lines struct {
	w     io.Writer
	level slog.Level
}

func (l *lines) Enabled(_ context.Context, level slog.Level) bool { return level >= l.level }
func (l *lines) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *lines) WithGroup(string) slog.Handler                    { return l }

func (l *lines) Handle(_ context.Context, r slog.Record) error {
	prefix := map[slog.Level]string{slog.LevelDebug: "debug: ", slog.LevelWarn: "warning: ", slog.LevelError: "error: "}[r.Level]
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "pipeline" && a.Value.String() != "" {
			prefix += a.Value.String() + ": "
		}
		return true
	})
	_, err := fmt.Fprintln(l.w, spoken(prefix+r.Message))
	return err
}
