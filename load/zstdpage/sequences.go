package zstdpage

import "unsafe"

// coder chooses the table of one of the three codes of a sequence.
type coder struct {
	*predefined
	own    fseTable
	table  *fseTable // in use: own or predefined
	counts [mostSymbols]uint32
	shares [mostSymbols]int16
	codes  []uint8
}

// Kinds of tables. RFC 8878, 3.1.1.3.2.1.
const (
	predefinedTable = 0
	singleSymbol    = 1
	describedTable  = 2
)

// appendSequences appends the block's sequences section.
func (e *Encoder) appendSequences(dst []byte) []byte {
	n := len(e.sequences)
	dst = appendCount(dst, n)
	if n == 0 {
		return dst
	}
	literals, offsets, matches := e.lengths.reset(n), e.offsets.reset(n), e.matches.reset(n)
	for i := range e.sequences {
		s := &e.sequences[i]
		l, o, m := literalCode(s.literals), offsetCode(s.offset), matchCode(s.match)
		literals[i], offsets[i], matches[i] = l, o, m
		e.lengths.counts[l%mostSymbols]++
		e.offsets.counts[o%mostSymbols]++
		e.matches.counts[m%mostSymbols]++
	}
	at := len(dst)
	dst = append(dst, 0)
	for i, c := range []*coder{&e.lengths, &e.offsets, &e.matches} {
		var kind byte
		dst, kind = c.choose(dst, n)
		dst[at] |= kind << (6 - 2*i)
	}
	return e.appendBits(dst)
}

func appendCount(dst []byte, n int) []byte {
	const long = 0x7f00
	switch {
	case n < 128:
		return append(dst, byte(n))
	case n < long:
		return append(dst, byte(n>>8)+128, byte(n))
	}
	return append(dst, 255, byte(n-long), byte((n-long)>>8))
}

func (c *coder) reset(n int) []uint8 {
	clear(c.counts[:])
	if cap(c.codes) < n {
		c.codes = make([]uint8, n, 2*n)
	}
	c.codes = c.codes[:n]
	return c.codes
}

// choose takes the table that makes the n codes shortest, and appends its
// description.
func (c *coder) choose(dst []byte, n int) (with []byte, kind byte) {
	end, distinct := 0, 0
	for s, count := range c.counts {
		if count > 0 {
			end = s + 1
			distinct++
		}
	}
	if distinct == 1 && n > 2 {
		c.own.single()
		c.table = &c.own
		return append(dst, byte(end-1)), singleSymbol
	}
	c.table = &c.predefined.table
	const few = 32 // for these, no description pays
	if n < few {
		return dst, predefinedTable
	}
	counts := c.counts[:end]
	d := normalize(counts, n, logOf(n, end, c.mostLog), c.shares[:end])
	with = d.describe(dst)
	if c.distribution.cost(counts) <= d.cost(counts)+(len(with)-len(dst))*8<<8 {
		return dst, predefinedTable
	}
	c.own.build(d)
	c.table = &c.own
	return with, describedTable
}

// sequenceBytes is more than a sequence can take: 26 bits of states and 53 beside
// them.
const sequenceBytes = 12

// appendBits appends the sequences, the last first, as a decoder reads them from
// the end. RFC 8878, 3.1.1.3.2.1.2.
func (e *Encoder) appendBits(dst []byte) []byte {
	n := len(e.sequences)
	if need := (n + 2) * sequenceBytes; len(e.bits) < need {
		e.bits = make([]byte, 2*need)
	}
	literals, offsets, matches := e.lengths.codes[:n], e.offsets.codes[:n], e.matches.codes[:n]
	l, o, m := e.lengths.table, e.offsets.table, e.matches.table
	i := n - 1
	lState, oState, mState := l.begin(literals[i]), o.begin(offsets[i]), m.begin(matches[i])
	begin := unsafe.Pointer(unsafe.SliceData(e.bits))
	w := reverseBits{at: begin}
	for {
		s := &e.sequences[i]
		lBits, mBits, oBits := uint(literalBits[literals[i]]), uint(matchBits[matches[i]]), uint(offsets[i])
		if lBits+mBits > 28 { // up to 33 are waiting
			w = w.flush()
		}
		w = w.put(s.literals, lBits).put(s.match, mBits)
		if w.n+oBits > 63 {
			w = w.flush()
		}
		w = w.put(s.offset, oBits).flush()
		if i--; i < 0 {
			break
		}
		k, next := o.shift(oState, offsets[i])
		w, oState = w.put(oState, k), next
		k, next = m.shift(mState, matches[i])
		w, mState = w.put(mState, k), next
		k, next = l.shift(lState, literals[i])
		w, lState = w.put(lState, k), next
	}
	w = w.put(mState, m.log).put(oState, o.log).put(lState, l.log)
	w = w.put(1, 1).flush() // a decoder begins behind this one
	size := int(uintptr(w.at) - uintptr(begin))
	if w.n > 0 {
		size++
	}
	return append(dst, e.bits[:size]...)
}

// reverseBits gathers bits that are read from the end. It is handed on by value, which keeps it in
// registers.
type reverseBits struct {
	at   unsafe.Pointer // where the next whole bytes go, with eight to spare
	bits uint64         // at most 63 of them
	n    uint
}

func (w reverseBits) put(bits uint32, n uint) reverseBits {
	w.bits |= uint64(bits&(1<<(n&31)-1)) << (w.n & 63)
	w.n += n
	return w
}

func (w reverseBits) flush() reverseBits {
	*(*uint64)(w.at) = w.bits
	whole := w.n / 8
	w.at = unsafe.Add(w.at, whole)
	w.bits >>= whole * 8 & 63
	w.n %= 8
	return w
}

// shift says how many bits of its state a symbol shifts out, and which state is next.
func (t *fseTable) shift(state uint32, symbol uint8) (n uint, next uint32) {
	s := t.steps[symbol%mostSymbols]
	n = uint(state+s.bits) >> 16
	return n, uint32(t.states[uint32(int32(state>>(n&31))+s.next)%mostStates])
}
