package demoapi

import (
	"bytes"
	"strings"
	"testing"
)

// TestAnswersAreKept: a repeated query of recorded nodes has the same bytes, by encoding and by viewer.
func TestAnswersAreKept(t *testing.T) {
	nodes := map[string]string{"variants": write(t, "n", `{"id":3,"name":"x"}`)}
	s := newServer(t, Options{Nodes: nodes, Keys: []string{"key"}})
	const body = `{"query":"{ viewer { username } variants(ids: [3, 4]) { nodes { id name } } }"}`
	for _, header := range []map[string]string{{}, {"Accept-Encoding": "gzip"}, {"Authorization": "Bearer key"}} {
		first, second := send(s, "POST", "/", body, header).Body.Bytes(), send(s, "POST", "/", body, header).Body.Bytes()
		if !bytes.Equal(first, second) {
			t.Errorf("%v: %q, then %q", header, first, second)
		}
		zipped, signed := bytes.HasPrefix(first, []byte{0x1f, 0x8b}), strings.Contains(string(first), `"demo-curator-`)
		if zipped != (header["Accept-Encoding"] != "") || signed != (header["Authorization"] != "") {
			t.Errorf("%v: %q", header, first)
		}
	}
	if n := len(s.answers.texts); n != 3 || s.Requests() != 6 {
		t.Errorf("%d answers of %d requests", n, s.Requests())
	}
	for name, o := range map[string]Options{"synthetic": {}, "faults": {Nodes: nodes, Faults: Faults{{Kind: "insert", Value: 1}}},
		"shuffle": {Nodes: nodes, Shuffle: true}} {
		if newServer(t, o).answers != nil {
			t.Errorf("%s: answers may differ, but are kept", name)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	a := answersOf(Options{Nodes: map[string]string{"variants": ""}})
	large := bytes.Repeat([]byte("x"), maxAnswers/2)
	for _, key := range []string{"a", "b", "c"} {
		a.once(key, func() []byte { return large })
	}
	if len(a.texts) > 2 || a.size > maxAnswers+10 {
		t.Errorf("%d answers of %d bytes", len(a.texts), a.size)
	}
}
