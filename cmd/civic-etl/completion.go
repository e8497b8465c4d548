package main

import (
	"embed"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/civic-etl/civic-etl/schemas"
)

//go:embed completion
var completionScripts embed.FS

var shells = []string{"bash", "zsh", "fish", "powershell"}

// wordsCommand is what the scripts call: `civic-etl __complete -- WORD...`. The
// library's own completion has its scripts evaluate what was typed, and knows
// neither the values of flags nor flags after arguments.
const wordsCommand = "__complete"

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the script that completes commands, flags, pipelines and names of the API in a shell",
		ArgsUsage: "bash|zsh|fish|powershell",
		Description: `For this session, and for all that follow:

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
				return usagef("completion: name one shell: %s", strings.Join(shells, ", "))
			}
			return printScript(c, c.Args().First())
		},
	}
}

func printScript(c *cli.Context, shell string) error {
	text, err := completionScripts.ReadFile("completion/" + shell)
	if err == nil {
		return printTo(c.App.Writer, string(text))
	}
	hint := "there are " + strings.Join(shells, ", ")
	if near := schemas.Nearest(shell, shells); near != "" {
		hint = "did you mean " + near + "?"
	}
	return usagef("completion: no script for %q; %s", shell, hint)
}

func completeCommand() *cli.Command {
	return &cli.Command{
		Name:            wordsCommand,
		Hidden:          true,
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) > 0 && words[0] == "--" {
				words = words[1:]
			}
			return printTo(c.App.Writer, answer(complete(c.App.Commands, words)))
		},
	}
}

// answer writes candidates a line each, `value<tab>description`, and last what
// files go there, too: `:files`, `:specs` or `:folders`.
func answer(list []candidate, also string) string {
	var b strings.Builder
	for _, c := range list {
		about, _, _ := strings.Cut(c.about, "\n")
		fmt.Fprintf(&b, "%s\t%s\n", c.value, strings.ReplaceAll(about, "\t", " "))
	}
	if also != "" {
		b.WriteString(also + "\n")
	}
	return b.String()
}
