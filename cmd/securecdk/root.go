package main

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func newRoot(env environment) *cobra.Command {
	root := group("securecdk", "Judge CloudFormation templates and CDK cloud assemblies by security controls",
		newCheck(env), newControls(), newExceptions(env))
	root.Long = root.Short + ", in plain Go: no CDK, no Node, no AWS.\n\n" + exitCodes
	root.Version = version()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetIn(env.stdin)
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError(c, err.Error()) })
	return root
}

// group is a command that does nothing itself. Called without a command, or with one that it doesn't have, it is an error,
// so that a mistake in a build script is not green.
func group(name, short string, commands ...*cobra.Command) *cobra.Command {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name())
	}
	g := &cobra.Command{
		Use: name, Short: short,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			expected := "expected one of the commands " + strings.Join(names, ", ")
			if len(args) > 0 {
				return usageError(c, fmt.Sprintf("unknown command %q, %s", args[0], expected))
			}
			return usageError(c, "no command, "+expected)
		},
	}
	g.AddCommand(commands...)
	return g
}

// arguments demands from least to most of them; most is -1 for any number.
func arguments(least, most int, expected string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return usageError(c, fmt.Sprintf("%d arguments, expected %s", len(args), expected))
		}
		return nil
	}
}

func usageError(c *cobra.Command, problem string) error {
	return errors.New(problem + "; see " + c.CommandPath() + " --help")
}

// version is that of the module, which go install writes into the binary.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
