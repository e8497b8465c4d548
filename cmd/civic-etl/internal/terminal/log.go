package terminal

import (
	"context"
	"fmt"
	"io"
	"log/slog"
)

// textHandler is the log for people: `warning: …`, one line a record. Of the
// attributes it shows the pipeline's name only.
type textHandler struct {
	w     io.Writer
	level slog.Level
}

func (h *textHandler) Enabled(_ context.Context, level slog.Level) bool { return level >= h.level }
func (h *textHandler) WithAttrs([]slog.Attr) slog.Handler               { return h }
func (h *textHandler) WithGroup(string) slog.Handler                    { return h }

func (h *textHandler) Handle(_ context.Context, r slog.Record) error {
	prefix := map[slog.Level]string{
		slog.LevelDebug: "debug: ", slog.LevelWarn: "warning: ", slog.LevelError: "error: ",
	}[r.Level]
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "pipeline" && a.Value.String() != "" {
			prefix += a.Value.String() + ": "
		}
		return true
	})
	_, err := fmt.Fprintln(h.w, EscapeLines(prefix+r.Message))
	return err
}
