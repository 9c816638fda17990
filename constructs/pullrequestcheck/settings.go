package pullrequestcheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"

	"github.com/securecdk/securecdk/aspects"
	"github.com/securecdk/securecdk/constructs/buildsetup"
	"github.com/securecdk/securecdk/constructs/securepipeline"
	"github.com/securecdk/securecdk/internal/fault"
)

// settings are checked props with the defaults filled in.
type settings struct {
	PullRequestCheckProps
	build    buildSettings
	branches []string
}

type buildSettings struct {
	BuildProps
	commands, install []string
	judged            bool // the default command, which judges the app
	assembly          string
	reports           []report
}

type report struct {
	name, format string
	files        []string
}

var (
	branchForm = regexp.MustCompile(`^[^\s~^:?*\[\\/][^\s~^:?*\[\\]{0,254}$`)
	brokenForm = regexp.MustCompile(`\.\.|//|@\{|/\.|^[.-]|/$|\.$|\.lock$`) // git check-ref-format
	reportForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)
	folderForm = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)*$`)
	formats    = []string{"CUCUMBERJSON", "JUNITXML", "NUNITXML", "NUNIT3XML", "TESTNGXML", "VISUALSTUDIOTRX"}
)

const (
	guardrails = "Guardrails" // the report of the guardrails
	maxReports = 4
	branchName = "the name of a branch, without refs/heads/ and without wildcards"
)

// settle turns props into settings, or into every fault that they have. It is pure.
func settle(props *PullRequestCheckProps) (*settings, fault.List) {
	var l fault.List
	if props == nil {
		props = &PullRequestCheckProps{}
	}
	s := &settings{PullRequestCheckProps: *props}
	if (props.Repository == nil) == (props.RepositoryName == nil) {
		l.Add("RepositoryName", props.RepositoryName, "either RepositoryName or Repository", "name the repository")
	}
	l.Match("RepositoryName", props.RepositoryName, fault.RepositoryForm, "the name of a CodeCommit repository", false)
	if props.Vpc == nil {
		l.Add("Vpc", nil, "the VPC of builds and functions", "set Vpc: aspects.VpcFromSsm(…), aspects.VpcFromAttributes(…) or aspects.SameVpc(vpc)")
	}
	s.branches = branches(&l, props.Branches)
	if s.AccessLogs == nil {
		s.AccessLogs = aspects.LogBucketPerStack(nil)
	}
	if s.LogRetention == "" {
		s.LogRetention = awslogs.RetentionDays_ONE_YEAR
	}
	if n := props.ReservedConcurrency; n != nil && (*n < 1 || *n != float64(int(*n))) {
		l.Add("ReservedConcurrency", n, "a whole number, 1 or more", "leave it out for 5")
	}
	s.build = settleBuild(&l, props.Build)
	return s, l
}

func branches(l *fault.List, names *[]*string) []string {
	if names == nil {
		return []string{"main", "develop"}
	}
	if len(*names) == 0 {
		l.Add("Branches", "an empty list", "at least one branch", "name the protected branches, or leave it out")
	}
	var found []string
	for i, name := range *names {
		field := fmt.Sprintf("Branches[%d]", i)
		if branch := branchOf(l, field, name); slices.Contains(found, branch) {
			l.Add(field, name, "each branch once", "remove the entry")
		} else {
			found = append(found, branch)
		}
	}
	return found
}

func branchOf(l *fault.List, field string, name *string) string {
	l.Match(field, name, branchForm, branchName, true)
	switch {
	case name == nil:
		return ""
	case strings.HasPrefix(*name, "refs/"):
		l.Add(field, name, branchName, "leave refs/heads/ out")
	case branchForm.MatchString(*name) && brokenForm.MatchString(*name):
		l.Add(field, name, branchName, "git takes no such name")
	}
	return *name
}

func settleBuild(l *fault.List, props *BuildProps) buildSettings {
	if props == nil {
		props = &BuildProps{}
	}
	b := buildSettings{BuildProps: *props, assembly: "cdk.out"}
	b.commands = commands(l, "Build.Commands", props.Commands)
	if b.judged = props.Commands == nil; b.judged {
		b.commands = []string{fmt.Sprintf("npx --yes aws-cdk@%s synth --quiet", securepipeline.DefaultCliVersion)}
	}
	b.install = commands(l, "Build.InstallCommands", props.InstallCommands)
	l.Match("Build.AssemblyDirectory", props.AssemblyDirectory, folderForm, "a folder in the repository, such as infra/cdk.out", false)
	if props.AssemblyDirectory != nil {
		b.assembly = *props.AssemblyDirectory
		if slices.Contains(strings.Split(b.assembly, "/"), "..") {
			l.Add("Build.AssemblyDirectory", props.AssemblyDirectory, "a folder in the repository", "leave .. out")
		}
	}
	environment(l, props.Env)
	b.reports = reports(l, props.Reports)
	for _, f := range fault.Split((&buildsetup.Props{Registries: props.Registries, Proxy: props.Proxy}).Validate()) {
		f.Field = "Build." + f.Field
		*l = append(*l, f)
	}
	if props.Cache != nil && len(texts(l, "Build.Cache.Paths", props.Cache.Paths, "a path to keep")) == 0 {
		l.Add("Build.Cache.Paths", nil, "at least one path", "say what to keep, or leave the cache out")
	}
	if m := minutes(props); m != 0 && (m < 5 || m > 36*60) {
		l.Add("Build.Timeout", fmt.Sprintf("%v minutes", m), "5 minutes to 36 hours", "set a Timeout that CodeBuild takes")
	}
	return b
}

func minutes(props *BuildProps) float64 {
	if props.Timeout == nil {
		return 0
	}
	return *props.Timeout.ToMinutes(nil)
}

// environment refuses the names that the check itself and CodeBuild use.
func environment(l *fault.List, env *map[string]*string) {
	if env == nil {
		return
	}
	for _, name := range sortedKeys(*env) {
		v := (*env)[name]
		switch {
		case !fault.EnvForm.MatchString(name):
			l.Add("Build.Env", name, "names of environment variables", "use letters, digits and underscores")
		case strings.HasPrefix(name, "PULL_REQUEST_"), strings.HasPrefix(name, "SECURECDK_"), strings.HasPrefix(name, "CODEBUILD_"), strings.HasPrefix(name, "GIT_"):
			l.Add("Build.Env", name, "a name that does not begin with PULL_REQUEST_, SECURECDK_, CODEBUILD_ or GIT_", "rename the variable")
		case v == nil:
			l.Add("Build.Env."+name, nil, "a value", "set it, or remove the variable")
		}
	}
}

func commands(l *fault.List, field string, list *[]*string) []string {
	if list != nil && len(*list) == 0 {
		l.Add(field, "an empty list", "at least one command", "say what to run, or leave it out")
	}
	return texts(l, field, list, "a command")
}

func texts(l *fault.List, field string, list *[]*string, expected string) []string {
	if list == nil {
		return nil
	}
	var all []string
	for i, text := range *list {
		if text == nil || strings.TrimSpace(*text) == "" {
			l.Add(fmt.Sprintf("%s[%d]", field, i), text, expected, "remove the entry")
			continue
		}
		all = append(all, *text)
	}
	return all
}

func reports(l *fault.List, list []*ReportProps) []report {
	if len(list) > maxReports {
		l.Add("Build.Reports", fmt.Sprintf("%d reports", len(list)), fmt.Sprintf("at most %d, since CodeBuild takes five of a build and one is that of the guardrails", maxReports), "leave some out, or have one file hold several")
	}
	names := map[string]bool{guardrails: true}
	var all []report
	for i, p := range list {
		field := fmt.Sprintf("Build.Reports[%d]", i)
		if p == nil {
			l.Add(field, nil, "a report", "remove the entry")
			continue
		}
		r := report{format: "JUNITXML", files: texts(l, field+".Files", p.Files, "a path or pattern")}
		l.Match(field+".Name", p.Name, reportForm, "letters, digits and hyphens", true)
		if p.Name != nil {
			r.name = *p.Name
		}
		if names[r.name] {
			l.Add(field+".Name", p.Name, "a name that no other report has", "rename it")
		}
		names[r.name] = true
		if len(r.files) == 0 {
			l.Add(field+".Files", nil, "at least one path or pattern", "say where the report is")
		}
		if p.Format != nil {
			r.format = *p.Format
		}
		if !slices.Contains(formats, r.format) {
			l.Add(field+".Format", p.Format, "one of "+strings.Join(formats, ", "), "name the format of the files")
		}
		all = append(all, r)
	}
	return all
}

// references are branches as events and approval rules name them.
func references(branches []string) []string {
	refs := make([]string, len(branches))
	for i, b := range branches {
		refs[i] = "refs/heads/" + b
	}
	return refs
}
