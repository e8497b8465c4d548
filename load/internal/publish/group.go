package publish

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/load/disk"
	"github.com/civic-etl/civic-etl/load/manifest"
)

// A publication that takes several steps has a journal beside each of its targets, with the same text. It says what the
// next run needs to complete or undo it. The journals are durable before the first step, and are removed after the
// last. They name the stages by path, since the next run may have another state folder.

// group is a publication of several targets, or of one in several steps.
type group struct {
	Version int       `json:"version"`
	ID      string    `json:"id"`
	Members []*member `json:"members"`

	journaled bool // it takes more than one step
}

const groupVersion = 1

// member is one target of a group.
type member struct {
	Target string `json:"target"`
	Stage  string `json:"stage"`
	Way    way    `json:"way"`
	Link   string `json:"link,omitempty"` // text of the former symlink
	New    string `json:"new"`            // SHA-256 of the new manifest: it tells which generation a folder holds

	fs   disk.FS
	made []string // parents that were made, innermost first
}

// Names in a stage.
const (
	formerName  = "former.json" // the manifest of the folder that is replaced in steps
	pointerName = "journal"     // the path of the journal
)

func newGroup(stages []*Stage) *group {
	g := &group{Version: groupVersion, ID: newID(), journaled: len(stages) > 1 || stages[0].way == inSteps}
	for _, s := range stages {
		g.Members = append(g.Members, &member{Target: s.target.path, Way: s.way, fs: s.FS, made: s.target.made})
	}
	return g
}

// describe adds what is known once the stage is prepared.
func (m *member) describe(s *Stage) error {
	m.Stage, m.New = s.Dir, manifestSum(s.Output())
	if m.New == "" {
		return fmt.Errorf("%s has no %s", s.Output(), manifest.Name)
	}
	if m.Way == byLink {
		m.Link, _ = os.Readlink(m.Target)
	}
	return nil
}

func (m *member) output() string { return filepath.Join(m.Stage, OutputName) }

func (m *member) journal() string { return newTarget(m.Target).beside("journal") }

// isPublished reports whether the target is the new generation.
func (m *member) isPublished() bool { return m.New != "" && manifestSum(m.Target) == m.New }

// isStaged reports whether the new generation waits in the stage.
func (m *member) isStaged() bool { return manifestSum(m.output()) == m.New }

// isBegun reports whether a replacement in steps removed files of the target, and did not end.
func (m *member) isBegun() bool {
	return m.Way == inSteps && !m.isPublished() && exists(filepath.Join(m.Stage, formerName)) &&
		!exists(filepath.Join(m.Target, manifest.SuccessName))
}

// keepFormer writes what a later run needs to know of the stage: for whom it waits, and what files may be removed.
func (s *Stage) keepFormer() error {
	pointer := s.target.beside("journal")
	if err := disk.WriteFile(s.FS, filepath.Join(s.Dir, pointerName), []byte(pointer)); err != nil || s.way != inSteps {
		return err
	}
	text, err := manifestText(s.target.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // an empty folder
	}
	if err != nil {
		return err
	}
	return disk.WriteFile(s.FS, filepath.Join(s.Dir, formerName), text)
}

// former are the files that a replacement in steps may remove.
func (m *member) former() (map[string]bool, error) {
	text, err := os.ReadFile(filepath.Join(m.Stage, formerName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parsed, err := manifest.Parse(text)
	if err != nil {
		return nil, err
	}
	return parsed.Paths(), nil
}

func manifestText(dir string) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return manifest.ReadText(root)
}

// manifestSum is the checksum of a folder's manifest, "" if it has none.
func manifestSum(dir string) string {
	text, err := manifestText(dir)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// targets lists the targets for a message.
func (g *group) targets() string {
	var all []string
	for _, m := range g.Members {
		all = append(all, m.Target)
	}
	return strings.Join(all, " and ")
}

// write writes the journals, and makes them durable.
func (g *group) write() (failed int, err error) {
	if !g.journaled {
		return 0, nil
	}
	text, err := json.Marshal(g)
	if err != nil {
		return 0, err
	}
	sum := sha256.Sum256(text)
	text = fmt.Appendf(nil, "%x\n%s\n", sum, text)
	for i, m := range g.Members {
		if err := m.fs.RemoveAll(m.journal()); err != nil { // one that is cut off
			return i, err
		}
		if err := disk.WriteFile(m.fs, m.journal(), text); err != nil {
			return i, err
		}
		if err := m.fs.SyncDir(filepath.Dir(m.Target)); err != nil {
			return i, err
		}
	}
	return 0, nil
}

// forget removes the journals: the group is published or undone. The last one goes first, as a next run opens the
// targets in the same order.
func (g *group) forget() error {
	if !g.journaled {
		return nil
	}
	for _, m := range slices.Backward(g.Members) {
		err := m.fs.RemoveAll(m.journal())
		if err == nil {
			err = m.fs.SyncDir(filepath.Dir(m.Target))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readGroup reads a journal. It is nil if there is none, or one that was cut off before the first step.
func readGroup(f disk.FS, path string) (*group, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || !disk.IsOurs(info) {
		return nil, fmt.Errorf("%s is not a file of this user: look at it, and remove it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	digits, text, _ := bytes.Cut(text, []byte("\n"))
	text = bytes.TrimSuffix(text, []byte("\n"))
	if sum := sha256.Sum256(text); string(digits) != hex.EncodeToString(sum[:]) {
		return nil, nil
	}
	g := &group{journaled: true}
	if err := json.Unmarshal(text, g); err != nil || g.Version != groupVersion {
		return nil, fmt.Errorf("%s is by another version of civic-etl: run that version once", path)
	}
	for _, m := range g.Members {
		m.fs = f
	}
	return g, nil
}
