package demoapi

import (
	"slices"
	"sync"
)

// maxAnswers is the size of the answers that a server keeps, in bytes.
const maxAnswers = 256 << 20

// answers keeps encoded answers, so that a server of recorded nodes is not the bottleneck of a benchmark that repeats
// its queries. A nil *answers keeps nothing. Its method may run concurrently.
type answers struct {
	mu    sync.Mutex
	size  int
	texts map[string][]byte
}

// answersOf returns nil if the same query may have another answer next time, or if all records are synthetic: a run
// over these asks each query once.
func answersOf(o Options) *answers {
	if len(o.Nodes) == 0 || len(o.Faults) > 0 || o.FaultAt != nil || o.Shuffle {
		return nil
	}
	return &answers{texts: map[string][]byte{}}
}

// once returns the answer of a key, made at its first use.
func (a *answers) once(key string, make func() []byte) []byte {
	if a == nil {
		return make()
	}
	a.mu.Lock()
	text, ok := a.texts[key]
	a.mu.Unlock()
	if ok {
		return text
	}
	text = slices.Clone(make()) // without spare capacity
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.size += len(key) + len(text); a.size > maxAnswers {
		clear(a.texts)
		a.size = len(key) + len(text)
	}
	a.texts[key] = text
	return text
}
