package textio

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// column is a column of the text, and the receivers of its values.
type column struct {
	name     string
	key      []byte // NDJSON: the name quoted, with the punctuation around it
	kind     schemas.Kind
	list     bool
	values   values.Receiver
	elements values.Receiver // of a list
}

// decoder decodes the rows of one format. It shares no code with the encoders.
type decoder interface {
	// decode decodes the whole rows at the front of text, and returns their length.
	// The next text begins with the rest. It does not keep the text.
	decode(text []byte) (taken int, err error)
	// end returns an error if the text is incomplete; half means that it ends within a row.
	end(half bool) error
}

func newDecoder(o Options, columns []column) decoder {
	if o.Format.Name == "tsv" {
		return newTSVDecoder(columns, o.Format.Null)
	}
	return newNDJSONDecoder(columns)
}

// reader hands text to a decoder piece by piece.
type reader struct {
	decoder decoder
	buf     []byte
	held    int          // bytes of an incomplete row, at the front of buf
	maxRow  int          // bytes of a row at most; 0 is no limit
	each    func() error // called after each piece, if not nil
}

// read reads all of from, which continues the text read before.
func (r *reader) read(ctx context.Context, from io.Reader) (err error) {
	defer func() {
		if p := recover(); p != nil { // the text may be anything
			err = fmt.Errorf("%v", p)
		}
	}()
	for err == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.held == len(r.buf) {
			if r.maxRow > 0 && r.held > r.maxRow {
				return fmt.Errorf("a row of more than %d bytes", r.maxRow)
			}
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
		var n int
		if n, err = fill(from, r.buf[r.held:]); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if err := r.decode(r.buf[:r.held+n]); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) decode(text []byte) error {
	taken, err := r.decoder.decode(text)
	if err != nil {
		return err
	}
	r.held = copy(r.buf, text[taken:])
	if r.each != nil {
		return r.each()
	}
	return nil
}

// fill reads until p is full or from ends, so that the decoder does not search a long row
// for its end after each small read.
func fill(from io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = from.Read(p[n:])
		n += m
	}
	return n, err
}

// end returns an error if the text is incomplete.
func (r *reader) end() error { return r.decoder.end(r.held > 0) }
