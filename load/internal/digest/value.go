package digest

// AddNull adds a null. This and the other methods that add one value serve
// readers that make no arrays.
func (d *Digest) AddNull() {
	d.nulls.write8(d.rows)
	d.rows++
}

// AddText adds a string.
func (d *Digest) AddText(text []byte) {
	d.lengths.write4(uint32(len(text)))
	d.values.write(text)
	d.rows++
}

// Add4 adds a value of four bytes, such as an int32 or a date.
func (d *Digest) Add4(v uint32) {
	d.values.write4(v)
	d.rows++
}

// Add8 adds a value of eight bytes, such as an int64, a double or a timestamp.
func (d *Digest) Add8(v uint64) {
	d.values.write8(v)
	d.rows++
}

// AddBool adds a boolean.
func (d *Digest) AddBool(v bool) {
	b := []byte{0}
	if v {
		b[0] = 1
	}
	d.values.write(b)
	d.rows++
}

// AddLength adds a list of n elements, which were added to Elem.
func (d *Digest) AddLength(n uint32) {
	d.lengths.write4(n)
	d.rows++
}
