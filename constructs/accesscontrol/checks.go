package accesscontrol

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodecommit"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/securecdk/securecdk/internal/fault"
)

var (
	repositoryForm = regexp.MustCompile(`^[\w.*-]{1,100}$`)
	branchForm     = regexp.MustCompile(`^[A-Za-z0-9_*][A-Za-z0-9_.*/#+=-]{0,255}$`)
	pipelineForm   = regexp.MustCompile(`^[A-Za-z0-9.@_-]{1,100}$`)
	approvalForm   = regexp.MustCompile(`^[A-Za-z0-9.@_*-]{1,100}/[A-Za-z0-9.@_*-]{1,100}$`)
	projectForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_*-]{0,254}$`)
	stackForm      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9*-]{0,127}$`)
	anyStackForm   = regexp.MustCompile(`^(\*|[A-Za-z][A-Za-z0-9*-]{0,127})$`)
	deployForm     = regexp.MustCompile(`^[\w.+=,@-]{1,100}$`)
	logGroupForm   = regexp.MustCompile(`^[\w.*/#-]{1,512}$`)
	policyForm     = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	prefixForm     = regexp.MustCompile(`^[\w+=,.@-]{1,100}$`)
	roleForm       = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	pathForm       = regexp.MustCompile(`^/([\w+=,.@-]+/)+$`)
	roleArnForm    = regexp.MustCompile(`^arn:[a-z*-]+:iam::(\d{12}|\*):role/[\w+=,.@*/-]+$`)
	functionForm   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_*-]{0,139}$`)
)

// defaultBranches are protected where the props name none.
var defaultBranches = []string{"main", "develop"}

// checker is the list of faults, with the checks that this package repeats.
type checker struct{ fault.List }

// names checks a list, and returns a copy of it.
func (c *checker) names(field string, values *[]*string, form *regexp.Regexp, expected string) []string {
	var all []string
	for i, v := range valuesOf(values) {
		if c.name(fmt.Sprintf("%s[%d]", field, i), v, form, expected) {
			all = append(all, *v)
		}
	}
	return all
}

func (c *checker) name(field string, value *string, form *regexp.Regexp, expected string) bool {
	if value == nil || !form.MatchString(*value) {
		c.Add(field, value, expected, "")
		return false
	}
	return true
}

func (c *checker) repositories(given []awscodecommit.IRepository, names *[]*string) repositories {
	if len(given) == 0 && len(valuesOf(names)) == 0 {
		c.Add("Repositories", nil, "at least one repository", "set Repositories, or RepositoryNames for those of this account and region")
	}
	for i, r := range given {
		if r == nil {
			c.Add(fmt.Sprintf("Repositories[%d]", i), nil, "a repository", "remove the entry")
		}
	}
	return repositories{slices.Clone(given), c.names("RepositoryNames", names, repositoryForm, "a repository's name, or a pattern with *")}
}

func (c *checker) branches(given *[]*string) []string {
	if len(valuesOf(given)) == 0 {
		return defaultBranches
	}
	all := c.names("Branches", given, branchForm, "a branch's name, or a pattern with *")
	for i, b := range valuesOf(given) {
		if b != nil && strings.HasPrefix(*b, "refs/") {
			c.Add(fmt.Sprintf("Branches[%d]", i), b, "a branch's name without refs/heads/", "write main for refs/heads/main")
		}
		if b != nil && strings.Trim(*b, "*") == "" && *b != "" {
			c.Add(fmt.Sprintf("Branches[%d]", i), b, "a pattern that leaves branches to work on", "protect by name: main, develop, release/*")
		}
	}
	return all
}

func (c *checker) principal(value awsiam.IPrincipal) {
	if value == nil {
		c.Add("AssumedBy", nil, "the principal that assumes the role", "set AssumedBy, such as awsiam.NewArnPrincipal(jsii.String(roleArn))")
	}
}

// refuse panics with all faults.
func refuse(scope constructs.Construct, id *string, faults []*fault.Error) {
	if len(faults) == 0 {
		return
	}
	for _, f := range faults {
		f.Path = *scope.Node().Path() + "/" + *id
	}
	panic(fault.Join(faults))
}

func valuesOf(list *[]*string) []*string {
	if list == nil {
		return nil
	}
	return *list
}
