package load

import (
	"sync"
	"syscall"

	"github.com/civic-etl/civic-etl/load/disk"
)

// faultFS is another FS until the n-th operation, which fails; with dead, so do
// all after it. A short write puts half of the bytes down first.
type faultFS struct {
	disk.FS
	mu    sync.Mutex
	n     int // fail when it gets to zero
	count int
	dead  bool
	err   error
	short bool
	what  string // the operation that failed
	deny  map[string]error
}

func (f *faultFS) next(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.deny[op]; err != nil {
		return err
	}
	f.count++
	if f.n > 0 && (f.count == f.n || f.dead && f.count > f.n) {
		if f.what == "" {
			f.what = op
		}
		return f.err
	}
	return nil
}

func (f *faultFS) Create(name string) (disk.File, error) {
	if err := f.next("create"); err != nil {
		return nil, err
	}
	file, err := f.FS.Create(name)
	return &faultFile{file, f}, err
}

func (f *faultFS) Open(name string) (disk.File, error) {
	if err := f.next("open"); err != nil {
		return nil, err
	}
	file, err := f.FS.Open(name)
	return &faultFile{file, f}, err
}

func (f *faultFS) Mkdir(name string) error {
	if err := f.next("mkdir"); err != nil {
		return err
	}
	return f.FS.Mkdir(name)
}

func (f *faultFS) Rename(from, to string) error {
	if err := f.next("rename"); err != nil {
		return err
	}
	return f.FS.Rename(from, to)
}

func (f *faultFS) Replace(from, to string) error {
	if err := f.next("replace"); err != nil {
		return err
	}
	return f.FS.Replace(from, to)
}

func (f *faultFS) Place(from, to string) error {
	if err := f.next("place"); err != nil {
		return err
	}
	return f.FS.Place(from, to)
}

func (f *faultFS) Exchange(a, b string) error {
	if err := f.next("exchange"); err != nil {
		return err
	}
	return f.FS.Exchange(a, b)
}

func (f *faultFS) Symlink(points, name string) error {
	if err := f.next("symlink"); err != nil {
		return err
	}
	return f.FS.Symlink(points, name)
}

func (f *faultFS) RemoveAll(name string) error {
	if err := f.next("remove"); err != nil {
		return err
	}
	return f.FS.RemoveAll(name)
}

func (f *faultFS) SyncDir(name string) error {
	if err := f.next("syncdir"); err != nil {
		return err
	}
	return f.FS.SyncDir(name)
}

type faultFile struct {
	disk.File
	fs *faultFS
}

func (f *faultFile) Write(p []byte) (int, error) {
	err := f.fs.next("write")
	if err == nil {
		return f.File.Write(p)
	}
	if !f.fs.short {
		return 0, err
	}
	n, _ := f.File.Write(p[:len(p)/2])
	if err == syscall.EAGAIN { // a writer that says nothing of what is missing
		err = nil
	}
	return n, err
}

func (f *faultFile) Read(p []byte) (int, error) {
	if err := f.fs.next("read"); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *faultFile) ReadAt(p []byte, at int64) (int, error) {
	if err := f.fs.next("readat"); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, at)
}

func (f *faultFile) Sync() error {
	if err := f.fs.next("sync"); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *faultFile) Close() error {
	err := f.fs.next("close")
	if closing := f.File.Close(); err == nil {
		err = closing
	}
	return err
}

// openFiles counts the files that are open at once.
type openFiles struct {
	disk.OS
	mu        sync.Mutex
	now, most int
}

func (o *openFiles) count(f disk.File, err error) (disk.File, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err == nil {
		o.now++
		o.most = max(o.most, o.now)
	}
	return &countedFile{f, o}, err
}

func (o *openFiles) Create(name string) (disk.File, error) { return o.count(o.OS.Create(name)) }
func (o *openFiles) Open(name string) (disk.File, error)   { return o.count(o.OS.Open(name)) }

type countedFile struct {
	disk.File
	fs *openFiles
}

func (f *countedFile) Close() error {
	f.fs.mu.Lock()
	f.fs.now--
	f.fs.mu.Unlock()
	return f.File.Close()
}
