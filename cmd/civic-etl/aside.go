package main

import (
	"path/filepath"

	"github.com/urfave/cli/v2"
)

// asideDir is where finished outputs wait for the moment of their publication:
// in the folder for state, which no reader's pattern looks into. It is "" where
// there is none.
func asideDir(c *cli.Context) string {
	dir := c.String("state")
	if dir == "" {
		var err error
		if dir, err = stateDir(); err != nil {
			return ""
		}
	}
	return filepath.Join(dir, "publishing")
}
