package jsonscan

import "hash/maphash"

// KeySet holds the keys of all objects that are open, to find repeated keys.
// Objects are opened and closed in nesting order. It copies no key.
type KeySet struct{ stack [][]byte }

// OpenKeys stands for one open object of a KeySet.
type OpenKeys struct {
	from  int              // where its keys begin in the stack
	index map[uint64]int32 // places of keys in the stack, by hash; nil while the keys are few
}

const (
	manyKeys = 24      // from which an index is faster than a linear search
	mostKeys = 1 << 16 // of all open objects
)

var seed = maphash.MakeSeed()

// Open begins an object.
func (k *KeySet) Open() OpenKeys { return OpenKeys{from: len(k.stack)} }

// Close ends the object opened last.
func (k *KeySet) Close(o OpenKeys) { k.stack = k.stack[:o.from] }

// Add adds a key to the object opened last, and returns false if the object
// already has the key, or if the open objects have too many keys. The set
// refers to the key until the object is closed.
func (k *KeySet) Add(o *OpenKeys, key []byte) bool {
	if k.full() {
		return false
	}
	if o.index != nil {
		return k.addIndexed(o, key)
	}
	own := k.stack[o.from:]
	for _, other := range own {
		if string(other) == string(key) {
			return false
		}
	}
	k.stack = append(k.stack, key)
	if len(own)+1 >= manyKeys {
		keys := k.stack[o.from:]
		k.stack, o.index = k.stack[:o.from], make(map[uint64]int32, 2*manyKeys)
		for _, key := range keys {
			k.addIndexed(o, key)
		}
	}
	return true
}

func (k *KeySet) addIndexed(o *OpenKeys, key []byte) bool {
	hash := maphash.Bytes(seed, key)
	for at, taken := o.index[hash]; taken; at, taken = o.index[hash] {
		if string(k.stack[at]) == string(key) {
			return false
		}
		hash++
	}
	o.index[hash] = int32(len(k.stack))
	k.stack = append(k.stack, key)
	return true
}

func (k *KeySet) full() bool { return len(k.stack) >= mostKeys }

// reset closes all objects and drops the references to their keys.
func (k *KeySet) reset() {
	clear(k.stack[:cap(k.stack)])
	k.stack = k.stack[:0]
}
