package terminal

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"github.com/civic-etl/civic-etl/pipelines/run"
)

// Summarize closes a run with a line for each pipeline.
func (r *Reporter) Summarize(all []run.Summary) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clearLine()
	if r.quiet || len(all) == 0 {
		return
	}
	if r.json {
		for _, s := range all {
			r.log.Info("summary", "pipeline", s.Pipeline, "status", s.Status(), "target", s.Target, "rows", s.Rows,
				"rejected", s.Rejected, "files", s.Files, "bytes", s.Bytes, "requests", s.Requests, "retries", s.Retries,
				"resumed", s.Resumed, "throttled_seconds", s.Throttled.Seconds(), "elapsed_seconds", s.Elapsed.Seconds(),
				"references", s.References, "references_open", s.Open)
		}
		return
	}
	w := tabwriter.NewWriter(r.w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "pipeline\tstatus\trows\tfiles\tbytes\trequests\tresumed\tretries\tthrottled\telapsed\ttarget")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%d\t%d\t%d\t%.1fs\t%.1fs\t%s\n", s.Pipeline, s.Status(),
			humanize.Comma(s.Rows), s.Files, humanize.IBytes(uint64(s.Bytes)), s.Requests, s.Resumed,
			s.Retries, s.Throttled.Seconds(), s.Elapsed.Seconds(), s.Target)
	}
	w.Flush()
	summarizeReferences(r.w, all)
}

// summarizeReferences reports whether the references between the pipelines resolve.
func summarizeReferences(w io.Writer, all []run.Summary) {
	made, open := 0, 0
	for _, s := range all {
		made, open = made+s.References, open+s.Open
	}
	references := Count(int64(made), "reference")
	switch {
	case made == 0:
	case open == 0:
		fmt.Fprintf(w, "%s between pipelines checked: all resolve\n", references)
	default:
		fmt.Fprintf(w, "%s between pipelines checked: %d without a match; see the warnings above\n", references, open)
	}
}
