package synthetic

import (
	"fmt"
	"strings"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/dice"
	"github.com/civic-etl/civic-etl/extract/demoapi/internal/record"
)

// statement generates the text of a record. About one in eight holds something awkward; of 700, eight are terse and one
// has 20 kB.
func (b *base) statement(about string) string {
	x := b.dice(11)
	switch n := x.N(700); {
	case n < 8:
		return word(x, "terse")
	case n == 8:
		return strings.Repeat("This statement is synthetic, and long. ", 520)
	}
	var s strings.Builder
	fmt.Fprintf(&s, "This statement is synthetic. In %d %s %s %s, ",
		3+x.N(900), word(x, "who"), word(x, "did"), about)
	for range 1 + x.N(6) {
		fmt.Fprintf(&s, "%s, and %d of %d %s %s. Of those, ",
			word(x, "result"), x.N(40), 40+x.N(400), word(x, "who"), word(x, "result"))
	}
	s.WriteString("none exist.")
	if x.Chance(12) {
		text := word(x, "awkward")
		if x.Chance(20) {
			return text
		}
		s.WriteString(" " + text)
	}
	return s.String()
}

// aliases generates up to three other names.
func aliases(x *dice.Dice, name string) []string {
	out := []string{}
	for n := range x.N(4) {
		out = append(out, fmt.Sprintf("%s alias %d, with a comma", name, n+1))
	}
	return out
}

// textSegment is plain text between links, in names and comments.
type textSegment string

func segment(text string) []record.Record { return []record.Record{textSegment(text)} }

// TypeName is the segment's type in a name or in a comment.
func (textSegment) TypeName(abstract string) string {
	if abstract == "CommentBodySegment" {
		return "CommentTextSegment"
	}
	return "MolecularProfileTextSegment"
}

// Field implements record.Record.
func (s textSegment) Field(name string) any {
	if name == "text" {
		return string(s)
	}
	return record.Unknown{}
}

// epoch is the begin of the synthetic curation. Moments count seconds from it.
var epoch = time.Date(2015, 6, 1, 0, 0, 0, 0, time.UTC)

// Spans in seconds; the synthetic curation lasts a decade.
const (
	day    = 24 * 3600
	decade = 10 * 365 * day
)

// moment formats seconds since the epoch as ISO8601DateTime.
func moment(seconds int) string {
	return epoch.Add(time.Duration(seconds) * time.Second).Format("2006-01-02T15:04:05Z")
}
