package digest

// AddNull adds a null. Decoders that make no arrays call this method and those below.
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

// Add4 adds a value of four bytes: an int32 or a date.
func (d *Digest) Add4(v uint32) {
	d.values.write4(v)
	d.rows++
}

// Add8 adds a value of eight bytes: an int64, a double or a timestamp.
func (d *Digest) Add8(v uint64) {
	d.values.write8(v)
	d.rows++
}

// AddBool adds a boolean.
func (d *Digest) AddBool(v bool) {
	d.values.write1(v)
	d.rows++
}

// EndList adds a list of n elements, which were added to Elem since BeginList.
func (d *Digest) EndList(n uint32) {
	d.lengths.write4(n)
	d.rows++
}

// BeginList does nothing: the digest of a list needs only its end.
func (d *Digest) BeginList() {}
