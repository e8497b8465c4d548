package load

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
	"github.com/go-json-experiment/json/jsontext"
)

// parquetSample gives the first rows of a Parquet file of whatever shape as JSON.
func (in *Inspection) parquetSample(ctx context.Context, r *file.Reader, rows int) error {
	s := r.MetaData().Schema
	a := &assembler{root: s.Root(), leaves: map[schema.Node]*stripe{}}
	for i := range s.NumColumns() {
		l, err := readStripe(ctx, r, i, rows)
		if err != nil {
			return fmt.Errorf("read rows: column %s: %w", s.Column(i).Path(), err)
		}
		a.leaves[l.leaf.SchemaNode()] = l
	}
	sample := Sample{}
	for a.first(a.root).more() {
		row, err := a.row()
		if err != nil {
			return fmt.Errorf("read rows: row %d: %w", len(sample.Rows)+1, err)
		}
		sample.Rows = append(sample.Rows, row)
	}
	in.Samples = []Sample{sample}
	return nil
}

// stripe is what one leaf has in the first rows: levels, and behind them the values
// as JSON.
type stripe struct {
	leaf  *schema.Column
	path  string
	cells []striped
	at    int // the next cell
	rows  int // begun
	bytes int
}

type striped struct {
	repetition, definition int16
	text                   []byte // nil: no value
}

func (s *stripe) more() bool { return s.at < len(s.cells) }

// next is what the leaf has next; it is left there.
func (s *stripe) next() (striped, error) {
	if !s.more() {
		return striped{}, fmt.Errorf("column %s ends early", s.path)
	}
	return s.cells[s.at], nil
}

func readStripe(ctx context.Context, r *file.Reader, leaf, rows int) (*stripe, error) {
	s := &stripe{leaf: r.MetaData().Schema.Column(leaf), path: r.MetaData().Schema.Column(leaf).Path()}
	for g := 0; g < r.NumRowGroups() && s.rows <= rows; g++ {
		chunk, err := r.RowGroup(g).Column(leaf)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(s.chunk(ctx, chunk, rows), chunk.Close()); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *stripe) chunk(ctx context.Context, chunk file.ColumnChunkReader, rows int) error {
	switch c := chunk.(type) {
	case *file.BooleanColumnChunkReader:
		return stripePages(ctx, s, c, rows)
	case *file.Int32ColumnChunkReader:
		return stripePages(ctx, s, c, rows)
	case *file.Int64ColumnChunkReader:
		return stripePages(ctx, s, c, rows)
	case *file.Int96ColumnChunkReader:
		return stripePages(ctx, s, c, rows)
	case *file.Float32ColumnChunkReader:
		return stripePages(ctx, s, c, rows)
	case *file.Float64ColumnChunkReader:
		return stripePages(ctx, s, c, rows)
	case *file.ByteArrayColumnChunkReader:
		return stripePages(ctx, s, c, rows)
	case *file.FixedLenByteArrayColumnChunkReader:
		return stripePages(ctx, s, c, rows)
	}
	return fmt.Errorf("unknown physical type %s", chunk.Type())
}

func stripePages[T any](ctx context.Context, s *stripe, chunk pageReader[T], rows int) error {
	most := s.leaf.MaxDefinitionLevel()
	values, definitions, repetitions := make([]T, readRows), make([]int16, readRows), make([]int16, readRows)
	for chunk.HasNext() {
		n, read, err := chunk.ReadBatchInPage(readRows, values, definitions, repetitions)
		if err == nil && n == 0 {
			err = errors.New("a page ends early")
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		next := 0
		for i := range n {
			c := striped{repetition: repetitions[i], definition: definitions[i]}
			if s.leaf.MaxRepetitionLevel() == 0 {
				c.repetition = 0
			}
			if most == 0 {
				c.definition = 0
			}
			if c.repetition == 0 {
				if s.rows++; s.rows > rows {
					return nil
				}
			}
			if c.definition == most {
				if next == read {
					return errors.New("a page has fewer values than it says")
				}
				c.text = appendLeaf([]byte{}, s.leaf, values[next])
				next++
			}
			if s.bytes += len(c.text) + slotBytes; s.bytes > longest {
				return fmt.Errorf("its first %d rows take more than %d bytes", rows, longest)
			}
			s.cells = append(s.cells, c)
		}
	}
	return chunk.Err()
}

// assembler puts rows together from what each leaf has of them: a level says how
// much of the way down to the leaf is there, and where along it the row goes on.
type assembler struct {
	root   *schema.GroupNode
	leaves map[schema.Node]*stripe
}

func (a *assembler) row() (jsontext.Value, error) {
	for _, l := range a.leaves {
		if next, err := l.next(); err != nil || next.repetition != 0 {
			return nil, fmt.Errorf("column %s does not begin a row where others do", l.path)
		}
	}
	return a.object(nil, a.root, 0, 0)
}

// value appends what a field has next. The levels are those of the group around it.
func (a *assembler) value(dst []byte, n schema.Node, definition, repetition int16) ([]byte, error) {
	switch n.RepetitionType() {
	case parquet.Repetitions.Repeated:
		return a.list(dst, n, n, definition+1, repetition+1)
	case parquet.Repetitions.Optional:
		definition++
		if there, err := a.there(n, definition); err != nil || !there {
			return append(dst, "null"...), err
		}
	}
	if repeated, ok := wrapped(n); ok {
		if element, ok := elementOf(n); ok {
			return a.list(dst, repeated, element, definition+1, repetition+1)
		}
		return a.list(dst, repeated, repeated, definition+1, repetition+1)
	}
	return a.content(dst, n, definition, repetition)
}

// wrapped gives the repeated field of a group that does nothing but mark it as a
// list or a map.
func wrapped(n schema.Node) (schema.Node, bool) {
	group, ok := n.(*schema.GroupNode)
	l := n.LogicalType()
	if !ok || group.NumFields() != 1 || !l.Equals(schema.NewListLogicalType()) && !l.Equals(schema.MapLogicalType{}) {
		return nil, false
	}
	return group.Field(0), group.Field(0).RepetitionType() == parquet.Repetitions.Repeated
}

// list appends what is repeated, as often as it is: itself, or the one element in it.
func (a *assembler) list(dst []byte, repeated, element schema.Node, definition, repetition int16) ([]byte, error) {
	there, err := a.there(repeated, definition)
	if err != nil || !there {
		return append(dst, "[]"...), err
	}
	first := a.first(repeated)
	for mark := byte('['); ; mark = ',' {
		dst = append(dst, mark)
		if element != repeated {
			dst, err = a.value(dst, element, definition, repetition)
		} else {
			dst, err = a.content(dst, repeated, definition, repetition)
		}
		if err != nil {
			return dst, err
		}
		if !first.more() || first.cells[first.at].repetition != repetition {
			return append(dst, ']'), nil
		}
	}
}

// content appends a field that is there.
func (a *assembler) content(dst []byte, n schema.Node, definition, repetition int16) ([]byte, error) {
	if group, ok := n.(*schema.GroupNode); ok {
		return a.object(dst, group, definition, repetition)
	}
	l := a.leaves[n]
	next, err := l.next()
	if err == nil && next.text == nil {
		err = fmt.Errorf("column %s has no value where one must be", l.path)
	}
	l.at++
	return append(dst, next.text...), err
}

func (a *assembler) object(dst []byte, n *schema.GroupNode, definition, repetition int16) (_ []byte, err error) {
	dst = append(dst, '{')
	for i := range n.NumFields() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(quoteJSON(dst, []byte(n.Field(i).Name())), ':')
		if dst, err = a.value(dst, n.Field(i), definition, repetition); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// there says whether a field is; where it is not, each of its leaves says so, and
// is left behind.
func (a *assembler) there(n schema.Node, definition int16) (bool, error) {
	next, err := a.first(n).next()
	if err != nil || next.definition >= definition {
		return true, err
	}
	return false, a.skip(n)
}

func (a *assembler) skip(n schema.Node) error {
	if group, ok := n.(*schema.GroupNode); ok {
		for i := range group.NumFields() {
			if err := a.skip(group.Field(i)); err != nil {
				return err
			}
		}
		return nil
	}
	_, err := a.leaves[n].next()
	a.leaves[n].at++
	return err
}

// first is a field's first leaf; a group without any is a stripe without cells.
func (a *assembler) first(n schema.Node) *stripe {
	for {
		group, ok := n.(*schema.GroupNode)
		switch {
		case !ok:
			return a.leaves[n]
		case group.NumFields() == 0:
			return &stripe{path: group.Path()}
		}
		n = group.Field(0)
	}
}
