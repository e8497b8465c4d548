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

// MaxBytes limits the size of a file. The shipped specs are smaller than 10 KiB.
const MaxBytes = 1 << 20

// parseYAML parses the only document of a file. Nil means that faults were reported.
func (d *Decoder) parseYAML(data []byte) *yaml.Node {
	if !d.isText(data) {
		return nil
	}
	parser := yaml.NewDecoder(bytes.NewReader(data))
	doc, err := parseDocument(parser)
	if errors.Is(err, io.EOF) {
		d.emptyFile()
		return nil
	}
	var next *yaml.Node
	if err == nil {
		next, err = parseDocument(parser)
	}
	switch {
	case errors.Is(err, io.EOF):
		return doc
	case err != nil:
		d.syntax(data, err)
		return nil
	}
	second := Pos{Line: next.Line, Col: next.Column}
	d.Fault(second, "keep one "+d.Language.Noun+" to a file", "a second document begins here")
	return doc
}

func (d *Decoder) emptyFile() {
	d.Fault(Pos{Line: 1, Col: 1}, d.Language.beginning(), "the file is empty")
}

// isText reports data that no YAML parser can read.
func (d *Decoder) isText(data []byte) bool {
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

// invalidUTF8 returns the index of the first byte that is not UTF-8, or -1.
func invalidUTF8(data []byte) int {
	for i, r := range string(data) {
		if r == utf8.RuneError && !bytes.HasPrefix(data[i:], []byte("\uFFFD")) {
			return i
		}
	}
	return -1
}

func posOf(data []byte, at int) Pos {
	line := 1 + bytes.Count(data[:at], []byte("\n"))
	start := bytes.LastIndexByte(data[:at], '\n') + 1
	return Pos{Line: line, Col: 1 + utf8.RuneCount(data[start:at])}
}

// parseDocument turns a panic of the parser into an error.
func parseDocument(parser *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			doc, err = nil, fmt.Errorf("yaml: the parser panics: %v", r)
		}
	}()
	doc = new(yaml.Node)
	return doc, parser.Decode(doc)
}

// The YAML library reports syntax errors only as text. The code below is the one place that reads it.

var (
	errorLine = regexp.MustCompile(`^line (\d+): `)
	// The library counts lines from 0 in errors of its parser, from 1 in those of its scanner, and leaves out the first.
	parserError = regexp.MustCompile(`^did not find expected (<|node content|'-'|key|',')`)
	anchorError = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// syntax reports a syntax error of the YAML library.
func (d *Decoder) syntax(data []byte, err error) {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if found := errorLine.FindStringSubmatch(what); found != nil {
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
		d.Fault(pos, fmt.Sprintf("define it before with &%s, or quote a text that begins with *", anchor[1]),
			"no anchor %s is defined before this", anchor[1])
		return
	}
	if tab, found := tabNear(lines, line); found {
		d.Fault(tab, "indent with spaces", "the line is indented with a tab")
		return
	}
	explained, hint := explain(what, lines[line-1])
	d.Fault(pos, hint, "this is not YAML: %s", explained)
}

func firstColumn(line string) int {
	return 1 + len(line) - len(strings.TrimLeft(line, " "))
}

// tabNear returns the place of a tab that indents the line, or one beside it.
func tabNear(lines []string, line int) (Pos, bool) {
	for _, at := range []int{line, line + 1, line - 1} {
		if at < 1 || at > len(lines) {
			continue
		}
		text := lines[at-1]
		indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		if tab := strings.IndexByte(indent, '\t'); tab >= 0 {
			return Pos{Line: at, Col: tab + 1}, true
		}
	}
	return Pos{}, false
}

// explanations explain the library's most common errors, by how they begin.
var explanations = []struct{ prefix, what, hint string }{
	{"did not find expected ',' or '}'", "a { that begins near here is not closed", "add the missing } or ,"},
	{"did not find expected ',' or ']'", "a [ that begins near here is not closed", "add the missing ] or ,"},
	{"mapping values are not allowed", "a second `: ` on the line, or a line indented too far",
		"put quotes round a text that holds `: `"},
	{"found character that cannot start any token", "a value begins with a character reserved in YAML (@ ` %)",
		"put quotes round it"},
	{"could not find expected ':'", "a key without its `:`", "write `key: value`"},
	{"did not find expected key", "a line is not indented like its neighbours", indentHint},
	{"did not find expected '-'", "a line is not indented like its neighbours", indentHint},
	{"found unexpected end of stream", "a quoted text is not closed", "add the missing quote"},
	{"found unknown escape character", `an unknown escape: \ in double quotes`, "double it, or use single quotes"},
	{"control characters are not allowed", "it holds control characters", "remove them"},
	{"exceeded max depth", "maps or lists are nested too deep", "a spec needs fewer than ten levels"},
}

const indentHint = "align the keys of a map and the dashes of a list"

func explain(message, line string) (what, hint string) {
	if strings.Contains(line, "${") && strings.HasPrefix(message, "did not find expected ',' or") {
		return "a } ends the map too early", "inside { } or [ ] put quotes round \"${…}\""
	}
	for _, e := range explanations {
		if strings.HasPrefix(message, e.prefix) {
			return e.what, e.hint
		}
	}
	return message, "check quotes, brackets and indentation"
}
