package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/pipelines"
)

// stateFlag is that of every command that asks the API.
func stateFlag() cli.Flag {
	return &cli.StringFlag{Name: "state", Usage: "where a run leaves what the next may use: `DIR` (default: $CIVIC_ETL_STATE, $XDG_STATE_HOME/civic-etl or ~/.local/state/civic-etl)"}
}

// openState opens the folder that runs leave their state in; none for a run that
// asks no network. Only a folder named on the command line must be usable: else
// the run goes on without, and says so.
func openState(c *cli.Context, warn func(text string)) (*pipelines.State, error) {
	if c.Bool("demo") || c.String("replay") != "" {
		return nil, nil
	}
	dir, err := c.String("state"), error(nil)
	if dir == "" {
		dir, err = stateDir()
	}
	var state *pipelines.State
	if err == nil {
		state, err = pipelines.OpenState(dir)
	}
	if err != nil && c.String("state") != "" {
		return nil, fmt.Errorf("--state: %w", err)
	}
	if err != nil {
		warn(fmt.Sprintf("no folder to remember runs in: one that dies starts anew, and other runs' requests are not counted: %v; name one with --state", err))
		return nil, nil
	}
	return state, nil
}

// stateDir is where state belongs unless the command line says otherwise.
func stateDir() (string, error) {
	if dir := os.Getenv("CIVIC_ETL_STATE"); dir != "" {
		return dir, nil
	}
	// The XDG base directory specification has relative paths ignored.
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "civic-etl"), nil
	}
	home, err := os.UserHomeDir()
	if err == nil && !filepath.IsAbs(home) {
		err = errors.New("$HOME is not absolute")
	}
	return filepath.Join(home, ".local", "state", "civic-etl"), err
}
