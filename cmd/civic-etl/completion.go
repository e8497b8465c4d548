package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/completion"
	"github.com/civic-etl/civic-etl/cmd/civic-etl/internal/terminal"
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a shell script that completes commands, flags, pipelines and names of the API",
		ArgsUsage: "bash|zsh|fish|powershell",
		Description: `For the current session, and for all later ones:

   source <(civic-etl completion bash)
   civic-etl completion bash > ~/.local/share/bash-completion/completions/civic-etl

   source <(civic-etl completion zsh)
   civic-etl completion zsh > "${fpath[1]}/_civic-etl"

   civic-etl completion fish | source
   civic-etl completion fish > ~/.config/fish/completions/civic-etl.fish

   civic-etl completion powershell | Out-String | Invoke-Expression
   civic-etl completion powershell >> $PROFILE`,
		Action: func(c *cli.Context) error {
			if c.Args().Len() != 1 {
				return usagef("completion: name one shell: %s", strings.Join(completion.Shells, ", "))
			}
			script, err := completion.Script(c.Args().First())
			if err != nil {
				return usage{err}
			}
			return terminal.Print(c.App.Writer, script)
		},
	}
}

func completeCommand() *cli.Command {
	return &cli.Command{
		Name:            completion.Command,
		Hidden:          true,
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) > 0 && words[0] == "--" {
				words = words[1:]
			}
			return terminal.Print(c.App.Writer, completion.Answer(c.App.Commands, words))
		},
	}
}
