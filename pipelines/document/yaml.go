package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxBytes bounds the text of a spec. The shipped ones are below 6 KiB.
const MaxBytes = 1 << 20

// parseYAML reads the one document of a spec. Nil means faults have been said.
func (d *Decoder) parseYAML(data []byte) *yaml.Node {
	if !d.readable(data) {
		return nil
	}
	parser := yaml.NewDecoder(bytes.NewReader(data))
	doc, err := parseDocument(parser)
	switch {
	case errors.Is(err, io.EOF):
		d.emptyFile()
		return nil
	case err != nil:
		d.syntax(data, err)
		return nil
	}
	switch next, err := parseDocument(parser); {
	case errors.Is(err, io.EOF):
	case err != nil:
		d.syntax(data, err)
		return nil
	default:
		d.Fault(Pos{Line: next.Line, Col: next.Column}, "keep one "+d.Language.Noun+" to a file", "a second document begins here")
	}
	return doc
}

func (d *Decoder) emptyFile() {
	d.Fault(Pos{Line: 1, Col: 1}, d.Language.beginning(), "the file is empty")
}

// readable says what no YAML parser need look at.
func (d *Decoder) readable(data []byte) bool {
	switch at := invalidUTF8(data); {
	case len(data) > MaxBytes:
		d.Fault(Pos{}, fmt.Sprintf("keep a %s below 1 MiB", d.Language.Noun), "this is too large for a %s", d.Language.Noun)
	case bytes.IndexByte(data, 0) >= 0:
		d.Fault(Pos{}, "name a YAML file in UTF-8", "this is not text: it holds zero bytes")
	case at >= 0:
		d.Fault(posOf(data, at), "save the file as UTF-8", "this is not UTF-8 text")
	default:
		return true
	}
	return false
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

func posOf(data []byte, at int) Pos {
	line := 1 + bytes.Count(data[:at], []byte("\n"))
	start := bytes.LastIndexByte(data[:at], '\n') + 1
	return Pos{Line: line, Col: 1 + utf8.RuneCount(data[start:at])}
}

// parseDocument guards against a parser that panics on input nobody thought of.
func parseDocument(parser *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			doc, err = nil, fmt.Errorf("yaml: it confuses the parser: %v", r)
		}
	}()
	doc = new(yaml.Node)
	return doc, parser.Decode(doc)
}

var (
	errorLine = regexp.MustCompile(`^line (\d+): `)
	// The library counts lines from 0 in what its parser finds, from 1 in what its
	// scanner finds, and leaves out the first.
	parserError = regexp.MustCompile(`^did not find expected (<|node content|'-'|key|',')`)
	anchorError = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// syntax says in a spec author's words what the YAML library found.
func (d *Decoder) syntax(data []byte, err error) {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	found := errorLine.FindStringSubmatch(what)
	if found != nil {
		what = strings.TrimPrefix(what, found[0])
		line, _ = strconv.Atoi(found[1])
		if parserError.MatchString(what) {
			line++
		}
	}
	lines := strings.Split(string(data), "\n")
	line = min(max(line, 1), len(lines))
	pos := Pos{Line: line, Col: firstColumn(lines[line-1])}
	if anchor := anchorError.FindStringSubmatch(what); anchor != nil {
		if at := bytes.Index(data, []byte("*"+anchor[1])); at >= 0 {
			pos = posOf(data, at)
		}
		d.Fault(pos, fmt.Sprintf("define it before with &%s, or put quotes round a text that begins with *", anchor[1]), "no anchor %s stands before this", anchor[1])
		return
	}
	if at := tabNear(lines, line); at > 0 {
		d.Fault(Pos{Line: at, Col: tabColumn(lines[at-1])}, "indent with spaces", "a tab stands where YAML wants spaces")
		return
	}
	explained, hint := explain(what, lines[line-1])
	d.Fault(pos, hint, "this is not YAML: %s", explained)
}

func firstColumn(line string) int {
	return 1 + len(line) - len(strings.TrimLeft(line, " "))
}

// tabNear finds a line indented with a tab at or beside the line, or 0.
func tabNear(lines []string, line int) int {
	for _, at := range []int{line, line + 1, line - 1} {
		if at >= 1 && at <= len(lines) && tabColumn(lines[at-1]) > 0 {
			return at
		}
	}
	return 0
}

func tabColumn(line string) int {
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	return strings.IndexByte(indent, '\t') + 1
}

// explain puts the library's commonest complaints into words, with the mend.
func explain(what, line string) (explained, hint string) {
	switch {
	case strings.Contains(line, "${") && strings.Contains(line, "{") && strings.HasPrefix(what, "did not find expected ',' or"):
		return "a } ends the map too early", "inside { } or [ ] put quotes round \"${…}\""
	case strings.HasPrefix(what, "did not find expected ',' or '}'"):
		return "a { that begins near here is not closed", "add the missing } or ,"
	case strings.HasPrefix(what, "did not find expected ',' or ']'"):
		return "a [ that begins near here is not closed", "add the missing ] or ,"
	case strings.HasPrefix(what, "mapping values are not allowed"):
		return "a second `: ` on the line, or a line indented too far", "put quotes round a text that holds `: `"
	case strings.HasPrefix(what, "found character that cannot start any token"):
		return "a value begins with a character YAML keeps for itself (@ ` %)", "put quotes round it"
	case strings.HasPrefix(what, "could not find expected ':'"):
		return "a key without its `:`", "write `key: value`"
	case strings.HasPrefix(what, "did not find expected key"), strings.HasPrefix(what, "did not find expected '-'"):
		return "a line is not indented like its neighbours", "line up the keys of a map and the dashes of a list"
	case strings.HasPrefix(what, "found unexpected end of stream"):
		return "a quoted text is not closed", "add the missing quote"
	case strings.HasPrefix(what, "found unknown escape character"):
		return `a \ in double quotes before a letter that is no escape`, `double it, or use single quotes`
	case strings.HasPrefix(what, "control characters are not allowed"):
		return "it holds control characters", "remove them"
	case strings.HasPrefix(what, "exceeded max depth"):
		return "maps or lists are nested too deep", "a spec needs fewer than ten levels"
	}
	return what, "check quotes, brackets and indentation"
}
