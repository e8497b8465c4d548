package document

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// Set applies key.path=value to the tree. It adds missing maps; an element of a list needs an index.
// Values that it sets have the flag as their place.
func (d *Decoder) Set(root *Node, assignment string) {
	path, _, ok := strings.Cut(assignment, "=")
	if path = strings.TrimSpace(path); !ok || path == "" {
		d.Fault(SetFlag(assignment),
			"write --set key.path=value, such as --set load.to=out/today", "this sets nothing")
		return
	}
	keys, at := splitPath(assignment)
	if at < 0 {
		d.Fault(SetFlag(path),
			`write an element as checks[0], and a key with a dot in quotes: columns."a.b"`, "this is not a path of keys")
		return
	}
	path, text := strings.TrimSpace(assignment[:at]), assignment[at+1:]
	flag := SetFlag(path)
	if len(keys) > MaxDepth {
		d.Fault(flag, "a spec needs fewer than ten levels", "maps or lists are nested too deep")
		return
	}
	value := d.flagValue(flag, text)
	if value == nil {
		return
	}
	slot := &root
	for i, key := range keys {
		if *slot == nil || (*slot).Null() {
			*slot = &Node{Kind: MapNode, Pos: flag}
		}
		if slot = d.slot(*slot, key, flag, joinPath(keys[:i])); slot == nil {
			return
		}
	}
	*slot = value
}

// SetFlag is the place of a value that --set gives to a path: quoted as in a shell, if that is readable.
func SetFlag(path string) Pos {
	quoted := wording.Quote(path)
	if strings.Contains(path, `"`) && quoted == `"`+strings.ReplaceAll(path, `"`, `\"`)+`"` {
		quoted = "'" + path + "'"
	}
	return Pos{Flag: "--set " + quoted}
}

// splitPath returns the keys of an assignment, and where its = stands: load.formats[0]=tsv, columns."a.b"=id. It
// returns -1 if there is no path.
func splitPath(assignment string) (keys []string, at int) {
	for rest := assignment; ; {
		key, after, ok := nextKey(rest)
		if !ok || key == "" || after == "" {
			return nil, -1
		}
		keys = append(keys, key)
		switch after[0] {
		case '=':
			return keys, len(assignment) - len(after)
		case '.':
			after = after[1:]
		case '[':
		default:
			return nil, -1
		}
		rest = after
	}
}

// nextKey returns the key at the beginning of a path, and the text after it. A key in quotes ends with its quote,
// which is doubled inside, as in YAML; one in brackets is an index.
func nextKey(path string) (key, after string, ok bool) {
	if index := listIndex.FindString(path); index != "" {
		return index[1 : len(index)-1], path[len(index):], true
	}
	path = strings.TrimLeft(path, " ")
	if path == "" || path[0] != '"' && path[0] != '\'' {
		end := strings.IndexAny(path, ".[=")
		if end < 0 {
			end = len(path)
		}
		return strings.TrimSpace(path[:end]), path[end:], true
	}
	quote, rest := path[:1], path[1:]
	for {
		text, next, closed := strings.Cut(rest, quote)
		if key += text; !closed {
			return "", "", false
		}
		if rest, closed = strings.CutPrefix(next, quote); !closed {
			return key, strings.TrimLeft(next, " "), true
		}
		key += quote
	}
}

// listIndex is an index in brackets. A longer number is more than any list has.
var listIndex = regexp.MustCompile(`^\[[0-9]{1,9}\]`)

// joinPath is the path of keys in a message.
func joinPath(keys []string) string {
	path := ""
	for _, key := range keys {
		if strings.ContainsAny(key, ".=[") {
			key = `"` + strings.ReplaceAll(key, `"`, `""`) + `"`
		}
		path = strings.TrimPrefix(path+"."+key, ".")
	}
	return path
}

// slot returns where to store the value of a key or index, or nil after reporting a fault.
func (d *Decoder) slot(at *Node, key string, flag Pos, name string) **Node {
	switch at.Kind {
	case MapNode:
		e := at.Entry(key)
		if e == nil {
			at.Entries = append(at.Entries, Entry{Key: key, Pos: flag})
			e = &at.Entries[len(at.Entries)-1]
		}
		return &e.Value
	case ListNode:
		return d.element(at, key, flag, name)
	}
	name = wording.Shorten(name, wording.LongestValue)
	d.Fault(flag, fmt.Sprintf("set %s as a whole, such as --set '%s={…}'", name, name),
		"%s is %s, which has no keys", name, Describe(at))
	return nil
}

// element returns where to store an element of a list: one that it has, or the next one.
func (d *Decoder) element(list *Node, key string, flag Pos, name string) **Node {
	n := len(list.Items)
	i, err := strconv.ParseUint(key, 10, 31) // no sign
	switch {
	case err != nil && strings.Trim(key, "0123456789") != "":
		d.Fault(flag, fmt.Sprintf("give the index of an element, from 0: %s[0]", name), "%s is a list", name)
		return nil
	case err != nil || int(i) > n:
		d.Fault(flag, fmt.Sprintf("the next one is %s[%d]", name, n), "%s has %s", name, wording.Counted(int64(n), "element"))
		return nil
	case int(i) == n:
		list.Items = append(list.Items, nil)
	}
	return &list.Items[i]
}

// flagValue reads the value of an assignment as YAML.
func (d *Decoder) flagValue(flag Pos, text string) *Node {
	if strings.TrimSpace(text) == "" {
		return &Node{Pos: flag, Text: text}
	}
	inner := &Decoder{FaultList: FaultList{File: d.File}, Language: d.Language}
	doc := inner.parseYAML([]byte(text))
	var value *Node
	if doc != nil {
		value = (&tree{decoder: inner, flag: flag.Flag}).convert(doc, 0)
	}
	hint := "put quotes round the value: --set '" + strings.TrimPrefix(flag.Flag, "--set ") + "=\"…\"'"
	for _, f := range inner.Faults {
		d.Fault(flag, hint, "%s", f.What)
	}
	return value
}
