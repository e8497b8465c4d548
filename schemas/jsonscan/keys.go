package jsonscan

// KeySet holds the keys of the objects that are open, to refuse repeated ones.
// Objects are opened and closed in nesting order.
type KeySet struct{ stack [][]byte }

// OpenKeys is one open object: where its keys begin in the stack, and an
// index once they are many.
type OpenKeys struct {
	from  int
	index map[string]struct{}
}

// manyKeys is where comparing with each key so far costs more than an index.
const manyKeys = 24

// Open starts an object.
func (k *KeySet) Open() OpenKeys { return OpenKeys{from: len(k.stack)} }

// Close ends the object that was opened last.
func (k *KeySet) Close(o OpenKeys) { k.stack = k.stack[:o.from] }

// Reset forgets all objects, and the page their keys lie in.
func (k *KeySet) Reset() {
	clear(k.stack[:cap(k.stack)])
	k.stack = k.stack[:0]
}

// Add says false if the object has the key already.
func (k *KeySet) Add(o *OpenKeys, key []byte) bool {
	if o.index != nil {
		if _, ok := o.index[string(key)]; ok {
			return false
		}
		o.index[string(key)] = struct{}{}
		return true
	}
	mine := k.stack[o.from:]
	for _, other := range mine {
		if string(other) == string(key) {
			return false
		}
	}
	k.stack = append(k.stack, key)
	if len(mine)+1 >= manyKeys {
		o.index = make(map[string]struct{}, 2*manyKeys)
		for _, key := range k.stack[o.from:] {
			o.index[string(key)] = struct{}{}
		}
	}
	return true
}
