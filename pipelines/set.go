package pipelines

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var listIndex = regexp.MustCompile(`\[([0-9]{1,6})\]`)

// set puts key.path=value over the tree. Maps on the way are made where there
// are none; a list wants an index. What is set has the flag for its place.
func (d *decoder) set(root *node, assignment string) {
	path, text, ok := strings.Cut(assignment, "=")
	if path = strings.TrimSpace(path); !ok || path == "" {
		d.fault(Pos{Flag: "--set " + quote(assignment)}, "write --set key.path=value, such as --set load.to=out/today", "this sets nothing")
		return
	}
	flag := Pos{Flag: "--set " + quote(path)}
	value := d.flagValue(flag, text)
	if value == nil {
		return
	}
	keys := strings.Split(listIndex.ReplaceAllString(path, ".$1"), ".")
	if len(keys) > maxDepth {
		d.fault(flag, "a spec needs fewer than ten levels", "maps or lists are nested too deep")
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
		case *slot == nil || (*slot).null():
			*slot = &node{kind: mapNode, pos: flag}
		}
		at = *slot
	}
}

// slot is where the value of a key or index goes, nil after saying why there is
// none.
func (d *decoder) slot(at *node, key string, flag Pos, name string) **node {
	switch at.kind {
	case mapNode:
		e := at.entry(key)
		if e == nil {
			at.entries = append(at.entries, entry{key: key})
			e = &at.entries[len(at.entries)-1]
		}
		if e.value == nil {
			e.pos = flag
		}
		return &e.value
	case listNode:
		i, err := strconv.Atoi(key)
		switch {
		case err != nil:
			d.fault(flag, fmt.Sprintf("give the place in it, from 0: %s[0]", name), "%s is a list", name)
		case i > len(at.items):
			d.fault(flag, fmt.Sprintf("the next one is %s[%d]", name, len(at.items)), "%s has %d elements", name, len(at.items))
		case i == len(at.items):
			at.items = append(at.items, nil)
			return &at.items[i]
		default:
			return &at.items[i]
		}
		return nil
	}
	d.fault(flag, fmt.Sprintf("set %s as a whole, such as --set '%s={…}'", name, name), "%s is %s, which has no keys", name, describe(at))
	return nil
}

// flagValue reads the value of an assignment as YAML.
func (d *decoder) flagValue(flag Pos, text string) *node {
	if strings.TrimSpace(text) == "" {
		return &node{pos: flag, text: text}
	}
	inner := &decoder{faultList: faultList{file: d.file}, language: d.language}
	doc := inner.parseYAML([]byte(text))
	var value *node
	if doc != nil {
		value = (&tree{decoder: inner, flag: flag.Flag}).grow(doc, 0)
	}
	for _, f := range inner.faults {
		d.fault(flag, "put quotes round the value: --set '"+strings.TrimPrefix(flag.Flag, "--set ")+"=\"…\"'", "%s", f.What)
	}
	return value
}
