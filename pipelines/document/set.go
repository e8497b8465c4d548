package document

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

var listIndex = regexp.MustCompile(`\[([0-9]{1,6})\]`)

// Set applies key.path=value to the tree. It adds missing maps; an element of a list needs an index.
// Values that it sets have the flag as their place.
func (d *Decoder) Set(root *Node, assignment string) {
	path, text, ok := strings.Cut(assignment, "=")
	if path = strings.TrimSpace(path); !ok || path == "" {
		d.Fault(Pos{Flag: "--set " + wording.Quote(assignment)},
			"write --set key.path=value, such as --set load.to=out/today", "this sets nothing")
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
	slot := &root
	for i, key := range keys {
		if *slot == nil || (*slot).Null() {
			*slot = &Node{Kind: MapNode, Pos: flag}
		}
		if slot = d.slot(*slot, key, flag, strings.Join(keys[:i], ".")); slot == nil {
			return
		}
	}
	*slot = value
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
		i, err := strconv.Atoi(key)
		switch {
		case err != nil:
			d.Fault(flag, fmt.Sprintf("give the index of an element, from 0: %s[0]", name), "%s is a list", name)
			return nil
		case i > len(at.Items):
			hint := fmt.Sprintf("the next one is %s[%d]", name, len(at.Items))
			d.Fault(flag, hint, "%s has %d elements", name, len(at.Items))
			return nil
		case i == len(at.Items):
			at.Items = append(at.Items, nil)
		}
		return &at.Items[i]
	}
	d.Fault(flag, fmt.Sprintf("set %s as a whole, such as --set '%s={…}'", name, name),
		"%s is %s, which has no keys", name, Describe(at))
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
		value = (&tree{decoder: inner, flag: flag.Flag}).convert(doc, 0)
	}
	hint := "put quotes round the value: --set '" + strings.TrimPrefix(flag.Flag, "--set ") + "=\"…\"'"
	for _, f := range inner.Faults {
		d.Fault(flag, hint, "%s", f.What)
	}
	return value
}
