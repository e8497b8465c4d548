package jsonscan

// KeySet holds the keys of all objects that are open, to find repeated keys.
// Objects are opened and closed in nesting order.
type KeySet struct{ stack [][]byte }

// OpenKeys stands for one open object of a KeySet.
type OpenKeys struct {
	from  int                 // where its keys begin in the stack
	index map[string]struct{} // nil while the keys are few
}

// manyKeys is the number of keys from which an index is faster than a linear search.
const manyKeys = 24

// Open begins an object.
func (k *KeySet) Open() OpenKeys { return OpenKeys{from: len(k.stack)} }

// Close ends the object opened last.
func (k *KeySet) Close(o OpenKeys) { k.stack = k.stack[:o.from] }

// Add adds a key to the object opened last, and returns false if the object
// already has the key. The set refers to the key until the object is closed.
func (k *KeySet) Add(o *OpenKeys, key []byte) bool {
	if o.index != nil {
		if _, ok := o.index[string(key)]; ok {
			return false
		}
		o.index[string(key)] = struct{}{}
		return true
	}
	own := k.stack[o.from:]
	for _, other := range own {
		if string(other) == string(key) {
			return false
		}
	}
	k.stack = append(k.stack, key)
	if len(own)+1 >= manyKeys {
		o.index = make(map[string]struct{}, 2*manyKeys)
		for _, key := range k.stack[o.from:] {
			o.index[string(key)] = struct{}{}
		}
	}
	return true
}

// reset closes all objects and drops the references to their keys.
func (k *KeySet) reset() {
	clear(k.stack[:cap(k.stack)])
	k.stack = k.stack[:0]
}
