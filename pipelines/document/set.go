package document

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

var listIndex = regexp.MustCompile(`\[([0-9]{1,6})\]`)

// Set puts key.path=value over the tree. Maps on the way are made where there
// are none; a list wants an index. What is set has the flag for its place.
func (d *Decoder) Set(root *Node, assignment string) {
	path, text, ok := strings.Cut(assignment, "=")
	if path = strings.TrimSpace(path); !ok || path == "" {
		d.Fault(Pos{Flag: "--set " + wording.Quote(assignment)}, "write --set key.path=value, such as --set load.to=out/today", "this sets nothing")
		return
	}
	flag := Pos{Flag: "--set " + wording.Quote(path)}
	value := d.flagValue(flag, text)
	if value == nil {
		return
	}
	keys := strings.Split(listIndex.ReplaceAllString(path, ".$1"), ".")
	if len(keys) > MaxDepth {
		d.Fault(flag, "a spec needs fewer than ten levels", "maps or lists are nested too deep")
		return
	}
	at := root
	for i, key := range keys {
		slot := d.slot(at, key, flag, strings.Join(keys[:i], "."))
		switch {
		case slot == nil:
			return
		case i == len(keys)-1:
			*slot = value
		case *slot == nil || (*slot).Null():
			*slot = &Node{Kind: MapNode, Pos: flag}
		}
		at = *slot
	}
}

// slot is where the value of a key or index goes, nil after saying why there is
// none.
func (d *Decoder) slot(at *Node, key string, flag Pos, name string) **Node {
	switch at.Kind {
	case MapNode:
		e := at.Entry(key)
		if e == nil {
			at.Entries = append(at.Entries, Entry{Key: key})
			e = &at.Entries[len(at.Entries)-1]
		}
		if e.Value == nil {
			e.Pos = flag
		}
		return &e.Value
	case ListNode:
		i, err := strconv.Atoi(key)
		switch {
		case err != nil:
			d.Fault(flag, fmt.Sprintf("give the place in it, from 0: %s[0]", name), "%s is a list", name)
		case i > len(at.Items):
			d.Fault(flag, fmt.Sprintf("the next one is %s[%d]", name, len(at.Items)), "%s has %d elements", name, len(at.Items))
		case i == len(at.Items):
			at.Items = append(at.Items, nil)
			return &at.Items[i]
		default:
			return &at.Items[i]
		}
		return nil
	}
	d.Fault(flag, fmt.Sprintf("set %s as a whole, such as --set '%s={…}'", name, name), "%s is %s, which has no keys", name, Describe(at))
	return nil
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
		value = (&tree{decoder: inner, flag: flag.Flag}).grow(doc, 0)
	}
	for _, f := range inner.Faults {
		d.Fault(flag, "put quotes round the value: --set '"+strings.TrimPrefix(flag.Flag, "--set ")+"=\"…\"'", "%s", f.What)
	}
	return value
}
