package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/gzip"
)

// syncEvery is how much a loss of power can take: the answers of so long. A
// process that is killed loses none.
const syncEvery = time.Second

// Next gives the earlier run's next answer to a request, nil if there is none.
func (j *Journal) Next(body []byte) []byte {
	j.mu.Lock()
	r := requestOf(body)
	var p place
	list := j.earlier[r]
	if len(list) > 0 {
		p, j.earlier[r] = list[0], list[1:]
	}
	file := j.file
	j.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	text := make([]byte, p.size)
	if _, err := file.ReadAt(text, p.at); err != nil {
		return nil
	}
	kind, of, packed, err := carried(text)
	if err != nil || kind != answerFrame || of != r {
		return nil
	}
	return unpack(packed)
}

func unpack(packed []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(z, mostBytes+1))
	if err != nil || len(text) > mostBytes {
		return nil
	}
	return text
}

// Keep takes note of an answer. Packed is the same as gzip, nil if there is none.
func (j *Journal) Keep(body, answer, packed []byte) {
	if len(answer) > mostBytes || len(packed) > mostBytes {
		return
	}
	if packed == nil {
		packed = pack(answer)
	}
	text := frame(answerFrame, requestOf(body), packed)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.append(text) {
		j.kept++
	}
}

func pack(text []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // a valid level
	_, _ = z.Write(text)                            // a buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

// append writes a frame if there is room for it, and says whether it did.
func (j *Journal) append(text []byte) bool {
	if j.closed {
		return false
	}
	err := j.reserve(j.end + int64(len(text)))
	if err == nil {
		err = j.write(text)
	}
	if err != nil {
		j.stop(err)
	}
	return err == nil
}

// reserve makes sure that the journal may grow to a size.
func (j *Journal) reserve(size int64) error {
	switch f := j.folder; {
	case size > f.runBytes:
		return fmt.Errorf("they take %s, which is all that one run may keep", humanize.IBytes(uint64(f.runBytes)))
	case size <= j.granted:
		return nil
	case !f.room():
		return fmt.Errorf("those of all runs take %s in %s, which is all they may", humanize.IBytes(uint64(f.allBytes)), f.path)
	}
	j.granted = size + j.folder.steps
	return nil
}

func (j *Journal) write(text []byte) error {
	if _, err := j.file.WriteAt(text, j.end); err != nil {
		return errors.Join(err, j.file.Truncate(j.end))
	}
	j.end, j.dirty = j.end+int64(len(text)), true
	if j.folder.now().Sub(j.synced) < syncEvery {
		return nil
	}
	return j.sync()
}

func (j *Journal) sync() error {
	j.synced, j.dirty = j.folder.now(), false
	if err := j.file.Sync(); err != nil {
		return err
	}
	if j.entered {
		return nil
	}
	j.entered = true
	return syncDir(filepath.Dir(j.path))
}

// stop ends the keeping of answers, but not the run. What was kept stays: each
// frame tells by itself whether it is whole.
func (j *Journal) stop(err error) {
	j.closed = true
	j.notice(fmt.Sprintf("answers are no longer kept, so that a run that dies asks again for those from here on: %v", err))
}
