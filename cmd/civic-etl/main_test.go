package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write what the scripts' cmp finds into them")

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"civic-etl": main, "civic-etl-in-place": inPlace})
}

// leakless are tests that leave no goroutine.
type leakless struct{ *testing.M }

func (l leakless) Run() int {
	status := l.M.Run()
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// TestScripts runs the program as a person does, one behaviour a script.
func TestScripts(t *testing.T) {
	scripts := []string{"*"}
	if raceEnabled { // the others run one pipeline, or none: these cover the goroutines of all
		scripts = []string{"demo", "several", "resume", "poison", "failures", "replay", "stdout", "check"}
	}
	var files []string
	for _, name := range scripts {
		found, err := filepath.Glob("testdata/script/" + name + ".txtar")
		if err != nil || len(found) == 0 {
			t.Fatalf("no script %s: %v", name, err)
		}
		files = append(files, found...)
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			return os.Unsetenv("CIVIC_API_KEY")
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":    status1,
			"serve":     serveAPI,
			"apischema": apiSchema,
		},
	})
}

// status N COMMAND ARG... runs a command and wants that exit status.
func status1(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N command [arg...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = err.Error()
	}
	if want := "exit status " + args[0]; got != want && got != args[0] {
		ts.Fatalf("%v: %s, want %s", args[1:], got, want)
	}
}
