package state

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/klauspost/compress/s2"
)

// syncEvery bounds the loss after a power failure. A process that is killed loses nothing.
const syncEvery = time.Second

// Next implements graphql.Journal.
func (j *Journal) Next(body []byte) []byte {
	r := requestOf(body)
	j.mu.Lock()
	list := j.earlier[r]
	if len(list) > 0 {
		j.earlier[r] = list[1:]
	}
	j.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	text := make([]byte, list[0].size)
	if _, err := j.file.ReadAt(text, list[0].at); err != nil {
		return nil
	}
	_, _, packed, ok := parse(text)
	if n, _ := s2.DecodedLen(packed); !ok || n > maxBytes {
		return nil
	}
	answer, _ := s2.Decode(nil, packed)
	return answer
}

// Keep implements graphql.Journal.
func (j *Journal) Keep(body, answer []byte) {
	packed := s2.Encode(nil, answer)
	if len(answer) > maxBytes || len(packed) > maxBytes {
		return
	}
	text := frame(answerFrame, requestOf(body), packed)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.append(text) {
		j.kept++
	}
}

// append writes a frame if there is room for it, and reports whether it did.
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
		return limitError(fmt.Sprintf("the run's answers take %s, the limit of one run", humanize.IBytes(uint64(f.runBytes))))
	case size <= j.granted:
		return nil
	case !f.room():
		return limitError(fmt.Sprintf("the answers of all runs in %s take %s, the limit", f.path,
			humanize.IBytes(uint64(f.allBytes))))
	}
	j.granted = size + j.folder.steps
	return nil
}

func (j *Journal) write(text []byte) error {
	if _, err := j.file.WriteAt(text, j.end); err != nil {
		return errors.Join(err, j.file.Truncate(j.end))
	}
	j.end += int64(len(text))
	if j.folder.now().Sub(j.synced) < syncEvery {
		return nil
	}
	return j.sync()
}

// sync makes the file and its name durable.
func (j *Journal) sync() error {
	j.synced = j.folder.now()
	if err := j.file.Sync(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(j.path))
}

// stop ends the recording of answers, not the run. The frames so far stay valid.
func (j *Journal) stop(err error) {
	j.closed = true
	if j.folder.Required && !errors.As(err, new(limitError)) {
		j.notice(fmt.Sprintf("the folder for state that you named cannot be written: %v; free some space, or leave out "+
			"--state", err), true)
		return
	}
	j.notice(fmt.Sprintf("answers are no longer stored; a resumed run requests the rest again: %v", err), false)
}

// limitError says that the answers take as much room as they may.
type limitError string

func (e limitError) Error() string { return string(e) }
